from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from actors.models.decoding.grouped_attention import NAME, share_keys

PADDED = torch.tensor([[0, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]])


def build(key_heads: int, kind: str = "sdpa") -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50,
        hidden_size=48,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=6,
        num_key_value_heads=key_heads,
        initializer_range=0.5,
        attn_implementation=kind,
    )
    return LlamaForCausalLM(config).eval()


@torch.inference_mode()
def logits(model: LlamaForCausalLM, mask: torch.Tensor | None) -> torch.Tensor:
    """Of five tokens read together and of a sixth behind their cache."""
    ids = torch.tensor([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]])
    positions = (mask if mask is not None else torch.ones_like(ids)).cumsum(-1).sub(1).clamp(min=0)
    first = model(
        ids[:, :5], attention_mask=mask[:, :5] if mask is not None else None, position_ids=positions[:, :5]
    )
    second = model(
        ids[:, 5:],
        attention_mask=mask,
        position_ids=positions[:, 5:],
        past_key_values=first.past_key_values,
    )
    return torch.cat([first.logits, second.logits], dim=1)


@pytest.mark.parametrize("mask", [None, PADDED], ids=["unpadded", "padded"])
@pytest.mark.parametrize("key_heads", [1, 2, 6])
def test_logits_equal_those_of_the_librarys_attention(key_heads: int, mask: torch.Tensor | None) -> None:
    ours, theirs = build(key_heads), build(key_heads)
    share_keys(ours)
    assert ours.config._attn_implementation == NAME
    seen = PADDED.bool() if mask is not None else torch.ones(2, 6, dtype=torch.bool)
    torch.testing.assert_close(logits(ours, mask)[seen], logits(theirs, mask)[seen], atol=1e-4, rtol=1e-4)


def test_a_model_with_another_kind_of_attention_is_left_alone() -> None:
    model = build(2, "eager")
    share_keys(model)
    assert model.config._attn_implementation == "eager"
