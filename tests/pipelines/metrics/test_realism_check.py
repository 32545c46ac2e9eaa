"""Which texts the realism check compares."""

from __future__ import annotations

from random import Random

import numpy as np

from pipelines.metrics.realism_check import SURFACE, Sample, distinguishability, match_tasks, surface

WORDS = ["red", "blue", "circle", "left", "right", "large", "small", "picture", "shows", "a", "the", "on"]


def samples(prefix: str, **tasks: int) -> list[Sample]:
    return [
        Sample(f"{prefix}/{task}/{number}", task, f"{prefix} {task} {number}")
        for task, many in tasks.items()
        for number in range(many)
    ]


def test_every_shared_task_has_as_many_texts_of_one_kind_as_of_the_other() -> None:
    first, second = match_tasks(
        samples("d", vqa=50, caption=10), samples("r", vqa=20, caption=40, label=9), 99, 0
    )
    assert len(first) == len(second) == 30
    assert sum("caption" in text for text in first) == sum("caption" in text for text in second) == 10
    assert not any("label" in text for text in second)


def test_the_limit_keeps_the_proportions_of_the_tasks() -> None:
    first, second = match_tasks(samples("d", vqa=300, caption=100), samples("r", vqa=300, caption=100), 40, 0)
    assert len(first) == len(second) == 40
    assert sum("caption" in text for text in first) == 10


def test_without_a_shared_task_all_texts_are_compared() -> None:
    first, second = match_tasks(samples("d", text=5), samples("r", vqa=7), 6, 0)
    assert (len(first), len(second)) == (5, 6)


def test_the_draw_depends_on_the_seed_and_not_on_the_order() -> None:
    first, second = samples("d", vqa=50), samples("r", vqa=50)
    assert match_tasks(first[::-1], second, 10, 0) == match_tasks(first, second, 10, 0)
    assert match_tasks(first, second, 10, 1) != match_tasks(first, second, 10, 0)


def texts(number: int, seed: int) -> list[str]:
    rng = Random(seed)
    return [" ".join(rng.choice(WORDS) for _ in range(rng.randint(4, 12))) for _ in range(number)]


def test_texts_of_one_kind_cannot_be_told_apart() -> None:
    estimate = distinguishability(texts(300, 1), texts(300, 2))
    assert estimate.value is not None and abs(estimate.value - 0.5) < 0.07
    assert estimate.defined and estimate.rows == 600


def test_capitals_and_full_stops_are_seen_by_the_surface_alone() -> None:
    polite = [text.capitalize() + "." for text in texts(200, 1)]
    for features in ("all", "surface"):
        low = distinguishability(polite, texts(200, 2), features=features).low  # type: ignore[arg-type]
        assert low is not None and low > 0.95


def test_other_words_of_the_same_shape_are_seen_by_the_ngrams_alone() -> None:
    other = [text.replace("e", "x") for text in texts(300, 2)]
    everything = distinguishability(texts(300, 1), other).value
    assert everything is not None and everything > 0.95
    by_surface = distinguishability(texts(300, 1), other, features="surface").value
    assert by_surface is not None and abs(by_surface - 0.5) < 0.07


def test_a_text_that_repeats_is_never_in_two_folds() -> None:
    """Learnt by heart, ten texts a hundred times each would be told apart without any pattern."""
    estimate = distinguishability(texts(10, 1) * 100, texts(10, 2) * 100)
    assert estimate.value is not None and estimate.value < 0.9


def test_too_few_texts_give_no_figure() -> None:
    assert not distinguishability(["a"] * 5, texts(100, 2)).defined
    assert "different" in distinguishability(["a"] * 30, ["a"] * 30).note


def test_the_surface_of_awkward_texts_is_finite() -> None:
    figures = surface(["", " ", "Two\n\nlines.", "A"])
    assert figures.shape == (4, len(SURFACE))
    assert np.isfinite(figures).all()
