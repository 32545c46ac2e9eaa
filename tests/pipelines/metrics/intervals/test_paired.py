from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from pipelines.metrics.intervals.paired import agreement, mcnemar_exact, paired_difference, paired_ratio

RNG = np.random.default_rng(0)
FIRST = RNG.random(400) < 0.7
SECOND = np.where(RNG.random(400) < 0.6, FIRST, RNG.random(400) < 0.5)
FIRST_LABELS = np.array([0, 1, 2, 0, 1, 2, 0, -1, 1, -1])
SECOND_LABELS = np.array([0, 1, 1, 0, 2, 2, 1, 0, -1, -1])


@pytest.mark.parametrize(
    ("only_first", "only_second"), [(0, 0), (5, 0), (3, 9), (40, 61), (7, 7), (900, 1100)]
)
def test_mcnemar_equals_the_exact_binomial_test(only_first: int, only_second: int) -> None:
    total = only_first + only_second
    expected = binomtest(only_first, total).pvalue if total else 1.0
    assert mcnemar_exact(only_first, only_second) == pytest.approx(expected, rel=1e-9)


def test_mcnemar_survives_a_million_rows() -> None:
    assert mcnemar_exact(500_000, 500_001) == pytest.approx(1.0)
    assert mcnemar_exact(1_000_000, 10) == 0.0


def test_the_difference_and_its_interval_match_a_bootstrap_over_rows() -> None:
    paired = paired_difference(FIRST, SECOND)
    picks = RNG.integers(0, 400, (2000, 400))
    figures = FIRST[picks].mean(axis=1) - SECOND[picks].mean(axis=1)
    assert paired.difference.value == pytest.approx(FIRST.mean() - SECOND.mean())
    low, high = np.quantile(figures, [0.025, 0.975])
    assert (paired.difference.low, paired.difference.high) == pytest.approx((low, high), abs=0.01)
    assert paired.only_first == (FIRST & ~SECOND).sum()
    assert paired.only_second == (~FIRST & SECOND).sum()


def test_an_annotator_against_itself_is_not_resolved() -> None:
    paired = paired_difference(FIRST, FIRST)
    assert (paired.difference.value, paired.p_value, paired.resolved) == (0.0, 1.0, False)


def test_five_rows_that_differ_are_too_few_whatever_the_bootstrap_says() -> None:
    first, second = np.arange(50) < 30, np.arange(50) < 25
    paired = paired_difference(first, second)
    assert paired.difference.low > 0
    assert paired.p_value == pytest.approx(0.0625)
    assert not paired.resolved


def test_a_clear_difference_is_resolved() -> None:
    assert paired_difference(np.arange(100) < 80, np.arange(100) < 50).resolved


def test_the_ratio_is_of_the_two_shares() -> None:
    ratio = paired_ratio(np.arange(100) < 60, np.arange(100) < 80)
    assert ratio.value == pytest.approx(0.75)
    assert ratio.low < 0.75 < ratio.high
    assert paired_ratio(np.ones(3, bool), np.zeros(3, bool)).value is None


def test_no_shared_rows_have_no_difference() -> None:
    paired = paired_difference(np.array([], bool), np.array([], bool))
    assert paired.difference.value is None
    assert not paired.resolved


def test_agreement_is_over_the_rows_that_both_answered() -> None:
    result = agreement(FIRST_LABELS, SECOND_LABELS, 3)
    assert (result.same.value, result.same.rows, result.rows) == (pytest.approx(4 / 7), 7, 10)


def test_kappa_equals_scikit_learn() -> None:
    both = (FIRST_LABELS >= 0) & (SECOND_LABELS >= 0)
    assert agreement(FIRST_LABELS, SECOND_LABELS, 3).kappa.value == pytest.approx(
        cohen_kappa_score(FIRST_LABELS[both], SECOND_LABELS[both])
    )


def test_one_and_the_same_label_always_has_no_kappa() -> None:
    result = agreement(np.zeros(5, int), np.zeros(5, int), 2)
    assert result.same.value == 1.0
    assert result.kappa.value is None


def test_nothing_answered_by_both_is_undefined() -> None:
    result = agreement(np.array([-1, 0]), np.array([0, -1]), 2)
    assert (result.same.value, result.kappa.value) == (None, None)
