"""Low-rank adapters in a Flamingo's language model: put in, started from an adapter folder, merged away."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from actors.models.flamingo.config import LoraSettings
from actors.models.flamingo.keys import check_keys, read_tensors

SEVEN_LINEAR_KINDS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
ADAPTER_CONFIG, ADAPTER_FILES = "adapter_config.json", ("adapter_model.safetensors", "adapter_model.bin")
PEFT_PREFIX = "base_model.model."


def add_lora(language_model: Any, settings: LoraSettings) -> None:
    """Puts adapters on the seven linear kinds of every decoder layer, and starts them from the folder named.

    Raises:
        ValueError: a model with other linear kinds, or an adapter folder that does not fit.
    """
    from peft import LoraConfig, inject_adapter_in_model

    kinds = {name.rpartition(".")[2] for name, _ in language_model.named_modules()}
    missing = [kind for kind in SEVEN_LINEAR_KINDS if kind not in kinds]
    if missing:
        raise ValueError(
            f"{type(language_model).__name__} has no {', '.join(missing)}; adapters need a language model of "
            "LLaMA's kind"
        )
    config = LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        bias="none",
        target_modules=list(SEVEN_LINEAR_KINDS),
    )
    inject_adapter_in_model(config, language_model)
    dtype = language_model.lm_head.weight.dtype
    for parameter in lora_parameters(language_model).values():
        parameter.data = parameter.data.to(dtype)
    if settings.init_from is not None:
        load_adapter(language_model, Path(settings.init_from), settings)


def lora_parameters(language_model: Any) -> dict[str, nn.Parameter]:
    """By name, such as `layers.0.self_attn.q_proj.lora_A.weight`; empty without adapters."""
    parameters: dict[str, nn.Parameter] = {}
    for position, block in enumerate(language_model.old_decoder_blocks):
        for name, parameter in block.named_parameters():
            if ".lora_" in name:
                parameters[f"layers.{position}.{name.replace('.default', '')}"] = parameter
    return parameters


def load_adapter(language_model: Any, folder: Path, settings: LoraSettings) -> None:
    """Copies a peft adapter's weights in.

    Raises:
        ValueError: no such folder, other rank or alpha, or keys that are missing or too many.
    """
    config, tensors = read_adapter(folder)
    for key, own in (("r", settings.rank), ("lora_alpha", settings.alpha)):
        if config.get(key) != own:
            raise ValueError(f"adapter {str(folder)!r} has {key} {config.get(key)}, the model wants {own}")
    copy_lora(language_model, tensors, origin=str(folder))


def read_adapter(folder: Path) -> tuple[dict[str, Any], dict[str, torch.Tensor]]:
    """Settings and tensors, named as in `lora_parameters`. Raises ValueError: the folder is no adapter."""
    file = next((folder / name for name in ADAPTER_FILES if (folder / name).is_file()), None)
    if file is None or not (folder / ADAPTER_CONFIG).is_file():
        raise ValueError(
            f"{str(folder)!r} is no adapter folder; expected {ADAPTER_CONFIG} and one of {ADAPTER_FILES}"
        )
    tensors = {
        name.removeprefix(PEFT_PREFIX).removeprefix("model.").replace(".default", ""): tensor
        for name, tensor in read_tensors(file).items()
    }
    return json.loads((folder / ADAPTER_CONFIG).read_text()), tensors


def copy_lora(language_model: Any, tensors: Mapping[str, torch.Tensor], *, origin: str) -> None:
    """Fills the adapters from `tensors`. Raises ValueError: keys or shapes do not fit; lists them."""
    own = lora_parameters(language_model)
    check_keys(tensors, {name: parameter.shape for name, parameter in own.items()}, origin=origin)
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(tensors[name])


def merge_lora(language_model: Any) -> None:
    """Adds the adapters into the weights and takes them out: the same outputs with fewer products.

    The sum is taken in float32 and rounded once.
    """
    for parent, name, linear in list(_lora_layers(language_model)):
        base = linear.get_base_layer()
        with torch.no_grad():
            if base.weight.dtype == torch.float32:
                change = linear.get_delta_weight("default")
            else:
                down, up = linear.lora_A["default"].weight, linear.lora_B["default"].weight
                change = (up.float() @ down.float()) * linear.scaling["default"]
            base.weight.copy_((base.weight.float() + change).to(base.weight.dtype))
        setattr(parent, name, base)


def _lora_layers(language_model: Any) -> Iterator[tuple[nn.Module, str, Any]]:
    from peft.tuners.lora import LoraLayer

    for block in language_model.old_decoder_blocks:
        for parent in block.modules():
            for name, child in parent.named_children():
                if isinstance(child, LoraLayer):
                    yield parent, name, child
