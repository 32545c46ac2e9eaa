from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
import transformers
from transformers import PreTrainedModel

from actors.base import row_seed
from actors.models.decoding.grouped_attention import share_keys
from actors.models.decoding.loop import SeenNgrams, decode
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping
from actors.models.text_generator import GenerationParams

VOCABULARY, CONTEXT = 200, 256
ENDS = frozenset({5, 6, 7, 8})
STOPPING = Stopping(None, ENDS)  # type: ignore[arg-type]  # no stop strings, so no tokenizer
GREEDY = GenerationParams(max_new_tokens=24, temperature=0.0)
SAMPLED = GenerationParams(max_new_tokens=24, temperature=0.8, top_p=0.9, seed=3)

USUAL = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": CONTEXT,
    "initializer_range": 0.5,  # far from uniform, so that equal tokens mean something
}
GROUPED = USUAL | {"num_key_value_heads": 2}
SCALED = USUAL | {"rope_parameters": {"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0}}
GPT2 = {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4, "initializer_range": 0.5}
OPT = USUAL | {"ffn_dim": 64, "word_embed_proj_dim": 32, "init_std": 0.5}
MPT = {"vocab_size": VOCABULARY, "d_model": 32, "n_layers": 2, "n_heads": 4, "initializer_range": 0.5}
ARCHITECTURES: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", GROUPED),
    "llama with linear rope scaling": ("Llama", SCALED),
    "gpt2": ("GPT2", GPT2 | {"n_positions": CONTEXT}),
    "opt": ("OPT", OPT),
    "gpt-neox": ("GPTNeoX", USUAL),
    "qwen2": ("Qwen2", GROUPED),
    "mistral with a window of 12": ("Mistral", GROUPED | {"sliding_window": 12}),
    "gemma2": ("Gemma2", GROUPED | {"head_dim": 8, "sliding_window": 12}),
    "mpt": ("Mpt", MPT | {"max_seq_len": CONTEXT}),
}


def build(architecture: str = "llama", seed: int = 0) -> PreTrainedModel:
    family, settings = ARCHITECTURES[architecture]
    torch.manual_seed(seed)
    config = getattr(transformers, f"{family}Config")(**settings, bos_token_id=1, eos_token_id=5)
    heads = {"GPT2": "GPT2LMHeadModel"}
    model: PreTrainedModel = getattr(transformers, heads.get(family, f"{family}ForCausalLM"))(config).eval()
    share_keys(model)
    return model


def prompts(number: int = 13, shared: int = 0) -> list[list[int]]:
    chance = random.Random(0)
    beginning = [chance.randrange(9, VOCABULARY) for _ in range(shared)]
    lengths = [1, 2, *(chance.randrange(3, 60) for _ in range(number - 2))]
    chance.shuffle(lengths)
    return [beginning + [chance.randrange(9, VOCABULARY) for _ in range(length)] for length in lengths]


def rows(ids: Sequence[Sequence[int]], seed: int = 3) -> list[DecodeRow]:
    return [DecodeRow(str(i), row_seed(seed, str(i)), row) for i, row in enumerate(ids)]


def tokens(results: Sequence[Decoded]) -> list[list[int]]:
    return [result.tokens for result in results]


def library_greedy(model: PreTrainedModel, ids: Sequence[int]) -> list[int]:
    settings = transformers.GenerationConfig(
        do_sample=False, max_new_tokens=GREEDY.max_new_tokens, eos_token_id=sorted(ENDS), pad_token_id=0
    )
    batch = torch.tensor([list(ids)])
    written = model.generate(batch, attention_mask=torch.ones_like(batch), generation_config=settings)
    new: list[int] = written[0, len(ids) :].tolist()
    return new[:-1] if new[-1] in ENDS else new


@pytest.mark.parametrize("shared", [0, 30])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_tokens_equal_the_librarys_row_by_row(architecture: str, shared: int) -> None:
    model = build(architecture)
    ids = prompts(9, shared)
    results = decode(model, rows(ids), GREEDY, stopping=STOPPING, max_batch=3)
    assert tokens(results) == [library_greedy(model, row) for row in ids]
    assert len({tuple(result.tokens) for result in results}) > 4


@pytest.mark.parametrize("params", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_a_rows_tokens_do_not_depend_on_its_batch(architecture: str, params: GenerationParams) -> None:
    model, listed = build(architecture), rows(prompts(24))
    alone = [decode(model, [row], params, stopping=STOPPING)[0] for row in listed]
    shuffled = random.Random(1).sample(range(24), 24)
    for max_batch, token_budget in ((24, 8192), (5, 8192), (16, 120)):
        together = decode(
            model,
            [listed[i] for i in shuffled],
            params,
            stopping=STOPPING,
            max_batch=max_batch,
            token_budget=token_budget,
        )
        assert tokens(together) == tokens([alone[i] for i in shuffled])
        assert [result.logprob for result in together] == pytest.approx(
            [alone[i].logprob for i in shuffled], abs=1e-3
        )


def test_sampled_rows_follow_their_own_seed() -> None:
    model = build()
    first = tokens(decode(model, rows(prompts()), SAMPLED, stopping=STOPPING))
    again = tokens(decode(model, rows(prompts()), SAMPLED, stopping=STOPPING))
    other = tokens(decode(model, rows(prompts(), seed=4), SAMPLED, stopping=STOPPING))
    assert first == again
    assert sum(a != b for a, b in zip(first, other)) > len(first) // 2


def test_one_prompt_with_different_ids_gets_different_samples() -> None:
    results = decode(build(), rows([[11, 12, 13]] * 8), SAMPLED, stopping=STOPPING)
    assert len({tuple(result.tokens) for result in results}) > 4


def test_vectors_decode_like_the_tokens_they_embed() -> None:
    model = build()
    embed = model.get_input_embeddings()
    for params in (GREEDY, SAMPLED):
        vectors = [
            DecodeRow(row.id, row.seed, inputs_embeds=embed(torch.tensor(row.ids)).detach())
            for row in rows(prompts())
        ]
        assert tokens(decode(model, vectors, params, stopping=STOPPING, max_batch=4)) == tokens(
            decode(model, rows(prompts()), params, stopping=STOPPING, max_batch=5)
        )


def test_logprob_is_the_sum_over_all_sampled_tokens_of_the_full_distribution() -> None:
    model = build()
    ids = prompts()
    for row, result in zip(ids, decode(model, rows(ids), SAMPLED, stopping=STOPPING, max_batch=4)):
        with torch.inference_mode():
            log_probs = model(torch.tensor([[*row, *result.tokens]])).logits[0].double().log_softmax(-1)
        at = range(len(row) - 1, len(row) - 1 + len(result.tokens))
        expected = sum(log_probs[i, token].item() for i, token in zip(at, result.tokens))
        if result.new_tokens > len(result.tokens):
            ends = log_probs[-1, sorted(ENDS)].tolist()
            assert any(result.logprob == pytest.approx(expected + end, abs=1e-3) for end in ends)
        else:
            assert result.logprob == pytest.approx(expected, abs=1e-3)


def test_rows_end_at_an_end_token_or_at_their_own_limit() -> None:
    model = build("opt")
    listed = [DecodeRow(str(i), i, row, max_new_tokens=i + 1) for i, row in enumerate(prompts())]
    results = decode(model, listed, GREEDY, stopping=STOPPING, max_batch=4)
    assert {result.finish_reason for result in results} == {"stop", "length"}
    for row, result in zip(listed, results):
        stopped = result.finish_reason == "stop"
        assert result.new_tokens == len(result.tokens) + stopped
        assert stopped or result.new_tokens == min(row.max_new_tokens or 0, GREEDY.max_new_tokens)
        assert not ENDS & set(result.tokens)


class SmallMemory(transformers.LlamaForCausalLM):
    """Runs out of memory with more than two rows."""

    failures = 0

    @functools.wraps(transformers.LlamaForCausalLM.forward)
    def forward(self, input_ids: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        if len(input_ids) > 2:
            self.failures += 1
            raise torch.OutOfMemoryError("three rows are too many")
        return super().forward(input_ids, *args, **kwargs)


def test_running_out_of_memory_shrinks_the_batch_and_changes_no_text() -> None:
    model = build()
    small = SmallMemory(model.config).eval()
    small.load_state_dict(model.state_dict())
    ids = prompts()
    assert tokens(decode(small, rows(ids), SAMPLED, stopping=STOPPING)) == tokens(
        decode(model, rows(ids), SAMPLED, stopping=STOPPING)
    )
    assert small.failures > 0


def test_no_rows_give_no_results() -> None:
    assert decode(build(), [], GREEDY, stopping=STOPPING) == []


def test_a_token_that_would_end_a_known_run_is_banned() -> None:
    seen = SeenNgrams.of(3, [1, 2, 3, 1, 2])
    assert seen.banned() == [3]
    seen.add(4)
    assert list(seen.banned()) == []
    seen.add(1)
    seen.add(2)
    assert seen.banned() == [3, 4]


def test_a_text_shorter_than_a_run_bans_nothing() -> None:
    assert list(SeenNgrams.of(3, [7]).banned()) == []


def test_runs_of_one_ban_every_token_there_is() -> None:
    assert SeenNgrams.of(1, [5, 4, 5]).banned() == [4, 5]
