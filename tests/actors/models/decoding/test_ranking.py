from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch
import transformers
from transformers import PreTrainedModel

from actors.models.decoding.candidate_tree import CandidateTree, greedy_choice
from actors.models.decoding.grouped_attention import share_keys
from actors.models.decoding.ranking import MAX_POSITIONS, score_candidates
from actors.models.decoding.rows import DecodeRow

END = 5
USUAL: dict[str, Any] = {
    "vocab_size": 60,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 256,
    "initializer_range": 0.5,
}
GROUPED = USUAL | {"num_key_value_heads": 2}
GPT2 = {"vocab_size": 60, "n_embd": 32, "n_layer": 2, "n_head": 4, "initializer_range": 0.5}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("LlamaForCausalLM", GROUPED),
    "llama, eager": ("LlamaForCausalLM", GROUPED | {"attn_implementation": "eager"}),
    "gpt2": ("GPT2LMHeadModel", GPT2 | {"n_positions": 256}),
    "opt": ("OPTForCausalLM", USUAL | {"ffn_dim": 64, "word_embed_proj_dim": 32, "init_std": 0.5}),
    "gpt-neox": ("GPTNeoXForCausalLM", USUAL),
    "qwen2": ("Qwen2ForCausalLM", GROUPED),
    "mistral with a window of 12": ("MistralForCausalLM", GROUPED | {"sliding_window": 12}),
    "bloom, without positions": ("BloomForCausalLM", GPT2 | {"hidden_size": 32}),
}
# The first two share a beginning, the third is the beginning of the fourth, the last is one token.
CANDIDATES = [[11, 12, 13], [11, 12, 14, 15], [20, 21], [20, 21, 22], [30]]


def build(name: str = "llama") -> PreTrainedModel:
    family, settings = MODELS[name]
    torch.manual_seed(0)
    model_class = getattr(transformers, family)
    model: PreTrainedModel = model_class(model_class.config_class(**settings)).eval()
    share_keys(model)
    return model


def rows(number: int = 9, shared: int = 0) -> list[DecodeRow]:
    chance = random.Random(0)
    beginning = [chance.randrange(9, 60) for _ in range(shared)]
    lengths = [1, 2, *(chance.randrange(3, 40) for _ in range(number - 2))]
    return [
        DecodeRow(str(i), 0, beginning + [chance.randrange(9, 60) for _ in range(length)])
        for i, length in enumerate(lengths)
    ]


def one_forward(model: PreTrainedModel, prompt: Sequence[int], continuation: Sequence[int]) -> list[float]:
    with torch.inference_mode():
        log_probs = model(torch.tensor([[*prompt, *continuation]])).logits[0].double().log_softmax(-1)
    return [log_probs[len(prompt) - 1 + i, token].item() for i, token in enumerate(continuation)]


@pytest.mark.parametrize("shared", [0, 20])
@pytest.mark.parametrize("name", MODELS)
def test_scores_equal_one_full_forward_per_candidate(name: str, shared: int) -> None:
    model, prompts = build(name), rows(shared=shared)
    found = score_candidates(
        model, prompts, [CANDIDATES] * len(prompts), end_tokens=frozenset({END}), max_batch=4
    )
    for prompt, scores in zip(prompts, found):
        for candidate, tokens in zip(CANDIDATES, scores.tokens):
            assert tokens == pytest.approx(one_forward(model, prompt.ids, candidate), abs=1e-4)
        assert [end is None for end in scores.ends] == [True, True, False, True, True]
        assert scores.ends[2] == pytest.approx(one_forward(model, prompt.ids, [20, 21, END])[2], abs=1e-4)
        assert scores.totals() == pytest.approx([sum(tokens) for tokens in scores.tokens])


def test_scores_do_not_depend_on_batch_or_order() -> None:
    model, prompts = build(), rows(20)
    ends = frozenset({END})
    alone = [score_candidates(model, [row], [CANDIDATES], end_tokens=ends)[0].totals() for row in prompts]
    backwards = score_candidates(
        model, prompts[::-1], [CANDIDATES] * 20, end_tokens=ends, max_batch=16, token_budget=200
    )
    for expected, scores in zip(alone[::-1], backwards):
        assert scores.totals() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", ["llama", "bloom, without positions"])
def test_many_long_candidates_score_alike_with_few_logits_at_a_time(name: str) -> None:
    model, chance = build(name), random.Random(1)
    many = [[chance.randrange(9, 60) for _ in range(6)] for _ in range(150)]
    many += [many[0][:3], many[7][:1], many[7], [*many[9], 8, 8]]
    whole = CandidateTree(many)
    assert len(whole) > 2 * MAX_POSITIONS
    held: list[int] = []
    head = model.get_output_embeddings()
    head.register_forward_hook(lambda module, given, logits: held.append(logits.shape[:-1].numel()))
    prompts = rows(3)
    found = score_candidates(model, prompts, [CANDIDATES, many, many], end_tokens=frozenset({END}))
    assert max(held) <= MAX_POSITIONS
    for prompt, scores in zip(prompts[1:], found[1:]):
        for index in (0, 7, 9, 149, 150, 151, 152, 153):
            expected = one_forward(model, prompt.ids, many[index])
            assert scores.tokens[index] == pytest.approx(expected, abs=1e-4)
        going_on = [tuple(candidate) in whole.nodes for candidate in many]
        assert [end is not None for end in scores.ends] == going_on
        assert going_on.count(True) == 3
        for index in (9, 150, 151):
            end = one_forward(model, prompt.ids, [*many[index], END])[-1]
            assert scores.ends[index] == pytest.approx(end, abs=1e-4)


def test_every_row_may_have_its_own_candidates() -> None:
    model, prompts = build(), rows(4)
    own = [CANDIDATES, [[40]], [[41, 42, 43, 44, 45, 46]], CANDIDATES[:2]]
    for prompt, candidates, scores in zip(
        prompts, own, score_candidates(model, prompts, own, end_tokens=frozenset())
    ):
        expected = [sum(one_forward(model, prompt.ids, candidate)) for candidate in candidates]
        assert scores.totals() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", ["llama", "bloom, without positions"])
def test_vectors_score_like_the_tokens_they_embed(name: str) -> None:
    model, prompts = build(name), rows()
    embed = model.get_input_embeddings()
    vectors = [DecodeRow(row.id, 0, inputs_embeds=embed(torch.tensor(row.ids)).detach()) for row in prompts]
    ends = frozenset({END})
    by_token = score_candidates(model, prompts, [CANDIDATES] * 9, end_tokens=ends)
    for ours, theirs in zip(
        score_candidates(model, vectors, [CANDIDATES] * 9, end_tokens=ends, max_batch=2), by_token
    ):
        assert ours.totals() == pytest.approx(theirs.totals(), abs=1e-4)


def test_the_greedy_walk_equals_the_librarys_constrained_decoding() -> None:
    model, prompts = build(), rows(40)
    found = score_candidates(model, prompts, [CANDIDATES] * 40, end_tokens=frozenset({END}))
    chosen = []
    for prompt, scores in zip(prompts, found):
        start = len(prompt.ids)

        def allowed(_: int, ids: torch.Tensor, start: int = start) -> list[int]:
            written = ids[start:].tolist()
            paths = [[*candidate, END] for candidate in CANDIDATES]
            return [path[len(written)] for path in paths if path[: len(written)] == written]

        batch = torch.tensor([list(prompt.ids)])
        written = model.generate(
            batch,
            attention_mask=torch.ones_like(batch),
            do_sample=False,
            max_new_tokens=6,
            eos_token_id=END,
            pad_token_id=0,
            prefix_allowed_tokens_fn=allowed,
        )
        chosen.append(greedy_choice(CANDIDATES, scores))
        assert [*CANDIDATES[chosen[-1]], END] == written[0, start:].tolist()
    assert len(set(chosen)) == len(CANDIDATES)


def test_of_equal_candidates_the_first_is_chosen() -> None:
    model, prompts = build(), rows(3)
    twice = [[11, 12], [11, 12]]
    for scores in score_candidates(model, prompts, [twice] * 3, end_tokens=frozenset({END})):
        assert greedy_choice(twice, scores) == 0


def test_a_prompt_of_one_token_is_scored_as_any_other_in_a_tree_of_several_parts() -> None:
    model, prompt = build(), DecodeRow("short", 0, [17])
    many = [[first, second, 9, 8] for first in range(9, 20) for second in range(20, 35)]
    assert len(CandidateTree(many)) > MAX_POSITIONS
    [scores] = score_candidates(model, [prompt], [many], end_tokens=frozenset({END}))
    for index in (0, 80, len(many) - 1):
        assert scores.tokens[index] == pytest.approx(one_forward(model, [17], many[index]), abs=1e-4)
