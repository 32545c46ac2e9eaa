"""Linear layers in float32 on a CPU with weights laid out for oneDNN, which uses the processor's full width.

torch calls MKL otherwise, which keeps to half of the width (AVX2) on processors that are not Intel's: on an
AMD EPYC with AVX-512 a product with 16 rows took 2.2 to 2.6 times as long, with 400 rows 2.2 to 2.4 times.
Sums are taken in another order, so results differ by float32's rounding.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import nn
from torch.nn.functional import linear, scaled_dot_product_attention

MOST_BYTES = 8 * 2**30


class PackedLinears(AbstractContextManager[None]):
    """Inside `with`, the linear layers of `module` compute with packed copies of their weights.

    Only for inference: there are no gradients. The module's own weights stay, so the memory of its linear
    layers doubles, and a module with more than `most_bytes` of them is left alone; so are layers in another
    number format, on another device or of a class of their own. Weights that have changed are packed again.
    """

    def __init__(self, module: nn.Module, most_bytes: int = MOST_BYTES) -> None:
        replacements = [(part, made) for part in module.modules() if (made := _replacement(part)) is not None]
        size = sum(weight.nbytes for part, _ in replacements for weight in part.parameters(recurse=False))
        self.parts = replacements if size <= most_bytes else []

    def __enter__(self) -> None:
        for part, replacement in self.parts:
            part.forward = replacement

    def __exit__(self, *exception: object) -> None:
        for part, _ in self.parts:
            del part.forward  # this object's attribute; its class has the real one


class PackedProduct:
    """`inputs @ weight.T + bias`, float32 `[..., outputs]`, with `owner`'s weight and bias of these names."""

    def __init__(self, owner: nn.Module, weight: str = "weight", bias: str = "bias") -> None:
        self.owner, self.names = owner, (weight, bias)
        self.packed_from: tuple[int, int] | None = None

    def __call__(self, inputs: torch.Tensor) -> torch.Tensor:
        weight, bias = (getattr(self.owner, name) for name in self.names)
        if inputs.dtype != torch.float32 or not inputs.numel():
            return linear(inputs, weight, bias)
        state = (weight.data_ptr(), 0 if weight.is_inference() else weight._version)
        if self.packed_from != state:
            self.packed = torch.ops.mkldnn._reorder_linear_weight(weight.detach())
            self.packed_from = state
        return torch.ops.mkldnn._linear_pointwise(inputs, self.packed, bias, "none", [], "")


class PackedAttention:
    """Stands for a `torch.nn.MultiheadAttention` in open_clip's blocks: self-attention without weights."""

    def __init__(self, attention: nn.MultiheadAttention) -> None:
        self.attention = attention
        self.read = PackedProduct(attention, "in_proj_weight", "in_proj_bias")
        self.write = PackedProduct(attention.out_proj)

    def __call__(
        self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, **settings: Any
    ) -> tuple[torch.Tensor, Any]:
        mask = settings.get("attn_mask")
        known = settings.keys() <= {"attn_mask", "need_weights"} and not settings.get("need_weights", True)
        alike = query is key and key is value and query.dim() == 3
        if not (known and alike and (mask is None or mask.dim() == 2)):
            return nn.MultiheadAttention.forward(self.attention, query, key, value, **settings)
        parts = self.read(query).unflatten(-1, (3, self.attention.num_heads, -1)).permute(2, 0, 3, 1, 4)
        if mask is not None and mask.dtype == torch.bool:
            mask = ~mask  # this class marks what is hidden, the function what is seen
        attended = scaled_dot_product_attention(parts[0], parts[1], parts[2], attn_mask=mask)
        return self.write(attended.transpose(1, 2).flatten(2)), None


def _replacement(part: nn.Module) -> Callable[..., Any] | None:
    if type(part) is nn.Linear and _fits(part.weight):
        return PackedProduct(part)
    if type(part) is nn.MultiheadAttention and _fits(part.in_proj_weight) and _plain(part):
        return PackedAttention(part)
    return None


def _fits(weight: torch.Tensor | None) -> bool:
    packs = torch.backends.mkldnn.is_available()
    return packs and weight is not None and weight.dtype == torch.float32 and weight.device.type == "cpu"


def _plain(attention: nn.MultiheadAttention) -> bool:
    return attention.batch_first and attention.bias_k is None and not attention.add_zero_attn
