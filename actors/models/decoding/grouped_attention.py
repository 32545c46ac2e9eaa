"""Attention for models in which several query heads share one key head, without copies of the keys.

transformers repeats keys and values for every query head as soon as a padding mask is there, which costs
more than the rest of a decoding step. Here the query heads of a group become rows of one head instead.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

NAME = "grouped_sdpa"


def share_keys(model: PreTrainedModel) -> None:
    """The model attends as before, faster where heads share keys; other attention kinds stay as they are."""
    if model.config._attn_implementation == "sdpa":
        AttentionInterface.register(NAME, grouped_attention)
        AttentionMaskInterface.register(NAME, sdpa_mask)
        model.set_attn_implementation(NAME)


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """`[rows, queries, heads, head_dim]` from `query` `[rows, heads, queries, head_dim]`."""
    rows, heads, queries, _ = query.shape
    groups = heads // key.shape[1]
    if groups == 1 or (attention_mask is None and queries > 1) or kwargs.get("position_bias") is not None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    if attention_mask is not None and queries > 1:
        attention_mask = attention_mask.repeat(1, 1, groups, 1)
    attended = torch.nn.functional.scaled_dot_product_attention(
        query.reshape(rows, key.shape[1], groups * queries, -1),
        key,
        value,
        attn_mask=attention_mask,
        scale=kwargs.get("scaling"),
    )
    return attended.reshape(rows, heads, queries, -1).transpose(1, 2).contiguous(), None
