from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, T5Config, T5ForConditionalGeneration

from actors.models.blip.lavis_generator import OldStackDecoder
from actors.models.decoding.embedded import EmbeddedCausal, Seq2SeqDecoder
from actors.models.decoding.rows import DecodeRow, Stopping
from actors.models.text_generator import GenerationParams

LIMITS = {"token_budget": 64, "max_batch": 3}
ENDS = frozenset({5, 6, 7})
STOPPING = Stopping(None, ENDS)  # type: ignore[arg-type]  # no stop strings, so no tokenizer


def llama() -> tuple[Any, Any]:
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    torch.manual_seed(0)
    model = LlamaForCausalLM(config).eval()
    return model, EmbeddedCausal(model, **LIMITS)


def t5() -> tuple[Any, Any]:
    config = T5Config(
        vocab_size=40, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0
    )
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(config).eval()
    return model, Seq2SeqDecoder(model, **LIMITS)


def rows(model: Any) -> list[DecodeRow]:
    """Prompts of 3, 9 and 5 vectors; the last may write two tokens."""
    generator = torch.Generator().manual_seed(1)
    ids = [torch.randint(8, 40, (length,), generator=generator) for length in (3, 9, 5)]
    vectors = [model.get_input_embeddings()(row).detach() for row in ids]
    return [DecodeRow(str(i), 7 + i, inputs_embeds=row) for i, row in enumerate(vectors)]


@pytest.mark.parametrize("build", [llama, t5])
@pytest.mark.parametrize("temperature", [0.0, 1.2])
def test_it_writes_what_the_decoders_of_the_main_environment_write(build: Any, temperature: float) -> None:
    model, decoder = build()
    params = GenerationParams(max_new_tokens=8, temperature=temperature)
    ours = OldStackDecoder(model).decode(rows(model), params, STOPPING)
    theirs = decoder.decode(rows(model), params, STOPPING)
    assert [answer.tokens for answer in ours] == [answer.tokens for answer in theirs]
    assert [answer.finish_reason for answer in ours] == [answer.finish_reason for answer in theirs]
    assert [answer.logprob for answer in ours] == pytest.approx([a.logprob for a in theirs], abs=1e-3)


@pytest.mark.parametrize("build", [llama, t5])
def test_it_scores_as_the_decoders_of_the_main_environment_score(build: Any) -> None:
    model, decoder = build()
    candidates = [[[11, 12], [11], [20, 21, 22]], [[9]], [[8, 8], [30]]]
    ours = OldStackDecoder(model).score(rows(model), candidates, ENDS)
    for own, other in zip(ours, decoder.score(rows(model), candidates, ENDS), strict=True):
        assert own.totals() == pytest.approx(other.totals(), abs=1e-3)
        assert [end is None for end in own.ends] == [end is None for end in other.ends]
        known = [(one, two) for one, two in zip(own.ends, other.ends, strict=True) if one is not None]
        assert [one for one, _ in known] == pytest.approx([two for _, two in known], abs=1e-3)


def test_a_row_stops_at_its_own_limit() -> None:
    model, _ = llama()
    [first, *_] = rows(model)
    short = DecodeRow("short", 7, inputs_embeds=first.embeds, max_new_tokens=2)
    params = GenerationParams(max_new_tokens=8, temperature=0.0)
    [answer] = OldStackDecoder(model).decode([short], params, Stopping(None, frozenset()))  # type: ignore[arg-type]
    assert (answer.new_tokens, answer.finish_reason) == (2, "length")
