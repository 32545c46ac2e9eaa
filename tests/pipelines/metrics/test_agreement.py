from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from pipelines.metrics.agreement import agreement

FIRST = np.array([0, 1, 2, 0, 1, 2, 0, -1, 1, -1])
SECOND = np.array([0, 1, 1, 0, 2, 2, 1, 0, -1, -1])


def test_agreement_is_over_the_rows_that_both_answered() -> None:
    result = agreement(FIRST, SECOND, 3)
    assert (result.same.value, result.same.rows, result.rows) == (pytest.approx(4 / 7), 7, 10)


def test_kappa_equals_scikit_learn() -> None:
    both = (FIRST >= 0) & (SECOND >= 0)
    assert agreement(FIRST, SECOND, 3).kappa.value == pytest.approx(
        cohen_kappa_score(FIRST[both], SECOND[both])
    )


def test_one_and_the_same_label_always_has_no_kappa() -> None:
    result = agreement(np.zeros(5, int), np.zeros(5, int), 2)
    assert result.same.value == 1.0
    assert result.kappa.value is None


def test_nothing_answered_by_both_is_undefined() -> None:
    result = agreement(np.array([-1, 0]), np.array([0, -1]), 2)
    assert (result.same.value, result.kappa.value) == (None, None)
