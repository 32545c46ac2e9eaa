from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.intervals.clustered import clustered_share
from pipelines.metrics.intervals.proportions import score_interval


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
