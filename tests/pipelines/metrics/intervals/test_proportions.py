from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from pipelines.metrics.intervals.proportions import bootstrap, newcombe, wilson


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
