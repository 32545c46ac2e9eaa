"""Random text augmentation: levels, quirks, seeds and awkward texts."""

from __future__ import annotations

import random
import re
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from actors.distortion.random_text import NOTHING, RandomText, keep_prefix, sentences, shuffle_pieces

TEXT = (
    "The picture shows a large red circle. It sits on a blue ground, left of a small square! "
    "Is it not lovely? There is nothing else to be seen."
)
SEEDS = range(2000)


@pytest.fixture(scope="module")
def paper() -> RandomText:
    return RandomText()


@pytest.fixture(scope="module")
def authors() -> RandomText:
    return RandomText(faithful=True)


def test_a_text_depends_on_its_seed_alone_whatever_other_threads_and_generators_do(
    paper: RandomText,
) -> None:
    alone = [paper.augment(TEXT, seed) for seed in range(200)]
    random.seed(7)
    np.random.seed(7)
    before = random.getstate()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda seed: paper.augment(TEXT, seed), reversed(range(200))))
    assert together[::-1] == alone
    assert random.getstate() == before
    assert len({augmented.text for augmented in alone}) > 150


def test_every_level_comes_for_half_of_the_rows_and_every_action_equally_often(authors: RandomText) -> None:
    steps = [authors.augment(TEXT, seed).steps for seed in SEEDS]
    for level, expected in (
        ("char", 0.5),
        ("word", 0.5),
        ("sentence prefix", 0.5),
        ("sentence shuffle", 0.5),
    ):
        share = np.mean([any(step.startswith(level) for step in row) for row in steps])
        assert abs(share - expected) < 0.04, (level, share)
    actions = [step.split()[1] for row in steps for step in row if step.startswith("char")]
    shares = [actions.count(action) / len(actions) for action in ("insert", "substitute", "swap", "delete")]
    assert shares == pytest.approx([0.25] * 4, abs=0.05)
    words = {step.split()[1] for row in steps for step in row if step.startswith("word")}
    assert words == {"swap", "crop", "delete"}


def test_the_paper_has_one_sentence_level_and_redraws_what_came_out_unchanged(paper: RandomText) -> None:
    rows = [paper.augment(TEXT, seed) for seed in SEEDS]
    assert max(sum(step.startswith("sentence") for step in row.steps) for row in rows) == 1
    assert all(row.text.strip() and row.text != TEXT for row in rows)


def test_the_authors_code_redraws_nothing_and_says_so(authors: RandomText) -> None:
    rows = [authors.augment(TEXT, seed) for seed in SEEDS]
    untouched = [row for row in rows if row.detail == NOTHING]
    assert abs(len(untouched) / len(rows) - 1 / 16) < 0.02
    assert all(row.text == TEXT for row in untouched)


@pytest.mark.parametrize("text", ["", " ", "red", "a", ".", "...", "no\n\nyes", "42", "日本語", "Yes. No."])
@pytest.mark.parametrize("faithful", [False, True])
def test_short_and_empty_texts_never_fail(
    text: str, faithful: bool, paper: RandomText, authors: RandomText
) -> None:
    chosen = authors if faithful else paper
    results = [chosen.augment(text, seed) for seed in range(300)]
    assert all(isinstance(result.text, str) for result in results)
    if text == "red" and not faithful:
        assert {result.text for result in results} == {"red"}  # nlpaug leaves words below four letters


def test_dropping_sentences_keeps_at_least_one_and_shuffling_keeps_all() -> None:
    whole = sorted(re.split(r"(?<=[.!?])\s+", TEXT))
    for seed in range(100):
        text, step = sentences(TEXT, random.Random(seed))
        parts = re.split(r"(?<=[.!?])\s+", text)
        if "shuffle" in step:
            assert sorted(parts) == whole
        else:
            assert 1 <= len(parts) < len(whole) and set(parts) <= set(whole)


def test_the_authors_drop_keeps_a_prefix_and_loses_full_stops() -> None:
    kept = {keep_prefix("One. Two. Three.", random.Random(seed))[0] for seed in range(100)}
    assert kept == {"One", "One Two", "One Two Three"}
    assert shuffle_pieces("no stop left", random.Random(0))[0] == "no stop left"
    joined = {shuffle_pieces("One. Two", random.Random(seed))[0] for seed in range(100)}
    assert joined == {"One Two", " TwoOne", "One\n Two", " Two\nOne"}
