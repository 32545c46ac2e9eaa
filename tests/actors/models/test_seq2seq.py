from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from actors.models.sampling import pick_tokens
from actors.models.seq2seq import Seq2SeqDecoder
from actors.models.text_generator import GenerationParams


@pytest.fixture(scope="module")
def t5(tiny_blip_t5: Path) -> Any:
    from transformers import InstructBlipForConditionalGeneration

    return InstructBlipForConditionalGeneration.from_pretrained(tiny_blip_t5).eval().language_model


@pytest.fixture(scope="module")
def prompts(t5: Any) -> list[torch.Tensor]:
    """Prompts of 3 to 30 tokens, as embeddings."""
    lengths = (3, 30, 8, 17, 5)
    generator = torch.Generator().manual_seed(1)
    ids = [torch.randint(3, t5.config.vocab_size, (length,), generator=generator) for length in lengths]
    with torch.inference_mode():
        return [t5.get_input_embeddings()(row) for row in ids]


def _decode(decoder: Seq2SeqDecoder, prompts: list[torch.Tensor], params: GenerationParams) -> list:
    def pick(rows: list[int], step: int, logits: torch.Tensor) -> tuple[list[int], list[float]]:
        return pick_tokens(logits, params, [100 + row for row in rows], [step] * len(rows))

    return decoder.decode(prompts, params.max_new_tokens, pick)


def test_greedy_answers_equal_those_of_the_library(t5: Any, prompts: list[torch.Tensor]) -> None:
    decoder = Seq2SeqDecoder(t5, token_budget=64, max_batch=3)
    ours = _decode(decoder, prompts, GenerationParams(max_new_tokens=12, temperature=0))
    for prompt, answer in zip(prompts, ours):
        theirs = t5.generate(inputs_embeds=prompt[None], do_sample=False, max_new_tokens=12)[0, 1:]
        assert answer.ids == theirs.tolist()
        assert answer.finish_reason == ("stop" if answer.ids[-1] == decoder.end else "length")


def test_a_drawn_answer_does_not_depend_on_its_batch(t5: Any, prompts: list[torch.Tensor]) -> None:
    params = GenerationParams(max_new_tokens=20, temperature=1.5, top_p=0.95)
    one = _decode(Seq2SeqDecoder(t5, token_budget=1, max_batch=1), prompts, params)
    many = _decode(Seq2SeqDecoder(t5, token_budget=10_000, max_batch=16), prompts, params)
    assert [answer.ids for answer in one] == [answer.ids for answer in many]
    assert len({tuple(answer.ids) for answer in one}) > 1


def test_scores_equal_the_loss_of_the_library(t5: Any, prompts: list[torch.Tensor]) -> None:
    candidates = [[5, 9, 12], [7], [30, 31]]
    scores = Seq2SeqDecoder(t5, token_budget=64, max_batch=2).score(prompts, candidates)
    with torch.inference_mode():
        for prompt, row in zip(prompts, scores):
            for ids, score in zip(candidates, row):
                loss = t5(inputs_embeds=prompt[None], labels=torch.tensor([ids])).loss
                assert score == pytest.approx(-float(loss) * len(ids), abs=1e-3)


def test_constrained_answers_are_one_of_the_candidates(t5: Any, prompts: list[torch.Tensor]) -> None:
    candidates = [[5, 9], [5, 9, 12], [7]]
    decoder = Seq2SeqDecoder(t5, token_budget=64, max_batch=2)
    answers = decoder.constrain(prompts, candidates)
    assert all(answer.ids[-1] == decoder.end for answer in answers)
    assert all(answer.ids[:-1] in candidates for answer in answers)
    theirs = t5.generate(
        inputs_embeds=prompts[1][None],
        do_sample=False,
        max_new_tokens=4,
        prefix_allowed_tokens_fn=lambda row, ids: sorted(
            {
                [*path, decoder.end][len(ids) - 1]
                for path in candidates
                if len(ids) <= len(path) + 1 and path[: len(ids) - 1] == ids[1:].tolist()
            }
        ),
    )
    assert answers[1].ids == theirs[0, 1:].tolist()
