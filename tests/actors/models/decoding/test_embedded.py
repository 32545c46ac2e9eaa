from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from actors.models.decoding.candidate_tree import greedy_choice
from actors.models.decoding.embedded import Seq2SeqDecoder
from actors.models.decoding.ranking import MAX_POSITIONS
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping
from actors.models.text_generator import GenerationParams

END = 1


@pytest.fixture(scope="module")
def t5(tiny_blip_t5: Path) -> Any:
    from transformers import InstructBlipForConditionalGeneration

    return InstructBlipForConditionalGeneration.from_pretrained(tiny_blip_t5).eval().language_model


@pytest.fixture(scope="module")
def rows(t5: Any) -> list[DecodeRow]:
    """Prompts of 3 to 30 tokens, as embeddings."""
    lengths = (3, 30, 8, 17, 5)
    generator = torch.Generator().manual_seed(1)
    ids = [torch.randint(3, t5.config.vocab_size, (length,), generator=generator) for length in lengths]
    with torch.inference_mode():
        vectors = [t5.get_input_embeddings()(row) for row in ids]
    return [DecodeRow(str(place), 100 + place, inputs_embeds=row) for place, row in enumerate(vectors)]


def _decode(decoder: Seq2SeqDecoder, rows: list[DecodeRow], params: GenerationParams) -> list[Decoded]:
    return decoder.decode(rows, params, Stopping(None, frozenset({END})))


def test_greedy_answers_equal_those_of_the_library(t5: Any, rows: list[DecodeRow]) -> None:
    decoder = Seq2SeqDecoder(t5, token_budget=64, max_batch=3)
    ours = _decode(decoder, rows, GenerationParams(max_new_tokens=12, temperature=0))
    for row, answer in zip(rows, ours):
        theirs = t5.generate(inputs_embeds=row.embeds[None], do_sample=False, max_new_tokens=12)[0, 1:]
        ended = int(theirs[-1]) == END
        assert answer.tokens == (theirs[:-1] if ended else theirs).tolist()
        assert (answer.finish_reason, answer.new_tokens) == ("stop" if ended else "length", len(theirs))


def test_a_drawn_answer_does_not_depend_on_its_batch(t5: Any, rows: list[DecodeRow]) -> None:
    params = GenerationParams(max_new_tokens=20, temperature=1.5, top_p=0.95)
    one = _decode(Seq2SeqDecoder(t5, token_budget=1, max_batch=1), rows, params)
    many = _decode(Seq2SeqDecoder(t5, token_budget=10_000, max_batch=16), rows[::-1], params)[::-1]
    assert [answer.tokens for answer in one] == [answer.tokens for answer in many]
    assert len({tuple(answer.tokens) for answer in one}) > 1


def test_scores_equal_the_loss_of_the_library(t5: Any, rows: list[DecodeRow]) -> None:
    candidates = [[5, 9, 12], [7], [30, 31]]
    decoder = Seq2SeqDecoder(t5, token_budget=64, max_batch=2)
    scores = decoder.score(rows, [candidates] * len(rows), frozenset({END}))
    with torch.inference_mode():
        for row, found in zip(rows, scores):
            for ids, score in zip(candidates, found.tokens):
                assert len(score) == len(ids)
                loss = t5(inputs_embeds=row.embeds[None], labels=torch.tensor([ids])).loss
                assert sum(score) == pytest.approx(-float(loss) * len(ids), abs=1e-3)


def test_many_candidates_score_alike_with_few_positions_at_a_time(t5: Any, rows: list[DecodeRow]) -> None:
    chance = random.Random(0)
    many = [[chance.randrange(3, 60) for _ in range(5)] for _ in range(120)] + [[7], [7, 8]]
    read: list[int] = []
    t5.decoder.register_forward_pre_hook(
        lambda module, given, named: read.append(named["input_ids"].numel()), with_kwargs=True
    )
    decoder = Seq2SeqDecoder(t5, token_budget=64, max_batch=2)
    ends = frozenset({END})
    found, alone = (decoder.score(rows[:1], [c], ends)[0] for c in (many, many[-2:]))
    assert max(read) <= 2 * MAX_POSITIONS
    for candidate, score in zip(many[::17], found.tokens[::17]):
        [expected] = decoder.score(rows[:1], [[candidate]], ends)[0].totals()
        assert sum(score) == pytest.approx(expected, abs=1e-3)
    assert found.ends[-2] == pytest.approx(alone.ends[-2], abs=1e-4)
    assert found.ends[-1] is None


def test_the_greedy_choice_is_that_of_the_library_under_the_same_constraint(
    t5: Any, rows: list[DecodeRow]
) -> None:
    candidates = [[5, 9], [5, 9, 12], [7]]
    decoder = Seq2SeqDecoder(t5, token_budget=64, max_batch=2)
    scores = decoder.score(rows, [candidates] * len(rows), frozenset({END}))
    paths = [[*candidate, END] for candidate in candidates]
    for row, found in zip(rows, scores):
        theirs = t5.generate(
            inputs_embeds=row.embeds[None],
            do_sample=False,
            max_new_tokens=4,
            prefix_allowed_tokens_fn=lambda _, ids: sorted(
                {path[len(ids) - 1] for path in paths if path[: len(ids) - 1] == ids[1:].tolist()} or {END}
            ),
        )
        assert paths[greedy_choice(candidates, found)] == theirs[0, 1:].tolist()
