"""A limit separates what it was set on as well as one limit can."""

from __future__ import annotations

from random import Random

from trainers.pocket.thresholds import best_limit


def told_apart(limit: float, own: list[float], foreign: list[float]) -> float:
    return sum(x >= limit for x in own) / len(own) + sum(x < limit for x in foreign) / len(foreign)


def test_a_gap_is_cut_in_its_middle() -> None:
    assert best_limit([5.0, 6.0, 7.0], [1.0, 3.0]) == 4.0


def test_no_other_limit_tells_more_apart() -> None:
    rng = Random(0)
    for _ in range(50):
        own = [rng.gauss(1, 1) for _ in range(30)]
        foreign = [rng.gauss(0, 1) for _ in range(20)]
        best = told_apart(best_limit(own, foreign), own, foreign)
        assert best >= max(told_apart(limit, own, foreign) for limit in own + foreign) - 1e-9


def test_scores_without_meaning_keep_everything() -> None:
    assert best_limit([1.0, 1.0], [1.0, 1.0]) == 1.0
