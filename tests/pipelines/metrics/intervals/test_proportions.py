from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from pipelines.metrics.intervals.proportions import (
    bootstrap,
    clustered_share,
    newcombe,
    score_interval,
    wilson,
)


@pytest.mark.parametrize(("successes", "total"), [(0, 7), (7, 7), (8, 10), (1, 3), (531, 2000)])
def test_wilson_equals_scipy(successes: int, total: int) -> None:
    expected = binomtest(successes, total).proportion_ci(method="wilson")
    estimate = wilson(successes, total)
    assert estimate.value == successes / total
    assert (estimate.low, estimate.high) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_no_rows_give_no_proportion_and_no_crash() -> None:
    estimate = wilson(0, 0)
    assert (estimate.value, estimate.low, estimate.rows, estimate.note) == (None, None, 0, "no rows")


def test_newcombe_equals_the_published_example() -> None:
    # Newcombe 1998, Statistics in Medicine 17, table II, method 10: 56/70 against 48/80.
    difference = newcombe(wilson(56, 70), wilson(48, 80))
    assert difference.value == pytest.approx(0.2)
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_drawing_cells_equals_drawing_rows() -> None:
    rng = np.random.default_rng(3)
    rows = np.repeat([0, 1, 2], [40, 50, 10])

    def share_of_last(counts: np.ndarray) -> np.ndarray:
        return counts[:, 2] / counts.sum(axis=1)

    by_row = [(rng.choice(rows, len(rows)) == 2).mean() for _ in range(4000)]
    by_cell = bootstrap(np.bincount(rows), share_of_last, resamples=4000)
    assert by_cell.value == pytest.approx(0.1)
    assert (by_cell.low, by_cell.high) == pytest.approx(tuple(np.quantile(by_row, [0.025, 0.975])), abs=0.011)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    def mean(counts: np.ndarray) -> np.ndarray:
        return counts @ np.arange(50.0) / counts.sum(axis=1)

    counts = np.arange(50)
    first, again, other = (bootstrap(counts, mean, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first.low != other.low


def test_a_statistic_that_is_nan_is_undefined() -> None:
    estimate = bootstrap(np.array([5, 0]), lambda counts: np.full(len(counts), np.nan))
    assert estimate.value is None
    assert estimate.rows == 5


def test_rows_of_their_own_have_wilsons_interval_for_one_row_less() -> None:
    right = (np.arange(60) < 45).astype(float)
    found = clustered_share(right, np.ones(60), np.arange(60))
    assert (found.value, found.rows) == (0.75, 60)
    assert (found.low, found.high) == pytest.approx(score_interval(0.75, 59))


def test_groups_that_agree_count_once() -> None:
    right = np.repeat((np.arange(20) < 15).astype(float), 9)
    found = clustered_share(right, np.ones(180), np.repeat(np.arange(20), 9))
    assert (found.low, found.high) == pytest.approx(score_interval(0.75, 19))


@pytest.mark.parametrize("right", [1, 2])
def test_groups_with_the_same_share_have_the_width_of_so_many_groups(right) -> None:
    marks = np.tile([1.0] * right + [0.0] * (3 - right), 50)
    found = clustered_share(marks, np.ones(150), np.repeat(np.arange(50), 3))
    assert (found.low, found.high) == pytest.approx(score_interval(right / 3, 50))


def test_a_share_of_all_or_none_has_a_width_set_by_the_groups() -> None:
    found = clustered_share(np.ones(90), np.ones(90), np.repeat(np.arange(10), 9))
    assert (found.low, found.high) == pytest.approx(score_interval(1.0, 10))


def test_one_group_and_no_row_are_no_crash() -> None:
    assert clustered_share(np.ones(3), np.ones(3), np.zeros(3, np.int64)).low < 0.3
    assert clustered_share(np.zeros(3), np.zeros(3), np.arange(3)).note == "no rows"


def test_the_interval_of_a_ratio_over_groups_holds_the_truth() -> None:
    # Micro F1 of rows in groups of four that share their difficulty; the truth from a large population.
    rng = np.random.default_rng(5)

    def rows(groups: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        chance = np.repeat(rng.beta(2, 2, groups), 4)
        whole = rng.integers(1, 5, groups * 4).astype(float)
        return rng.binomial(whole.astype(int), chance).astype(float), whole, np.repeat(np.arange(groups), 4)

    part, whole, _ = rows(200_000)
    truth = part.sum() / whole.sum()
    found = [clustered_share(*rows(60)) for _ in range(500)]
    held = np.mean([not one.excludes(truth) for one in found])
    assert 0.92 <= held <= 0.98
