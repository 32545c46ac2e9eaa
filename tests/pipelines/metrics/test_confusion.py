from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from pipelines.metrics.confusion import confusion_matrix, macro_f1, micro_f1, precisions, recalls

RNG = np.random.default_rng(0)
TRUTH = RNG.integers(0, 4, 300).astype(np.int32)
ANSWER = np.where(RNG.random(300) < 0.5, TRUTH, RNG.integers(-1, 4, 300)).astype(np.int32)
CONFUSION = confusion_matrix(TRUTH, ANSWER, 4)


def test_the_last_column_holds_the_unanswered() -> None:
    matrix = confusion_matrix(np.array([0, 0, 1, 1, -1]), np.array([0, -1, 0, 1, 1]), 2)
    assert matrix.tolist() == [[1, 0, 1], [1, 1, 0]]


@pytest.mark.parametrize(("ours", "average"), [(macro_f1, "macro"), (micro_f1, "micro")])
def test_f1_equals_scikit_learn_with_unanswered_as_missed(ours, average: str) -> None:
    expected = f1_score(TRUTH, ANSWER, labels=range(4), average=average)
    estimate = ours(CONFUSION)
    assert estimate.value == pytest.approx(expected)
    assert estimate.low < expected < estimate.high


def test_precision_and_recall_equal_scikit_learn() -> None:
    expected = precision_score(TRUTH, ANSWER, labels=range(4), average=None)
    assert [part.value for part in precisions(CONFUSION)] == pytest.approx(list(expected))
    expected = recall_score(TRUTH, ANSWER, labels=range(4), average=None)
    assert [part.value for part in recalls(CONFUSION)] == pytest.approx(list(expected))


def test_a_label_that_never_occurs_is_left_out_of_macro_f1() -> None:
    truth, answer = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
    expected = f1_score(truth, answer, average="macro")
    assert macro_f1(confusion_matrix(truth, answer, 5)).value == pytest.approx(expected)


def test_micro_f1_is_accuracy_when_everything_is_answered() -> None:
    answer = np.where(ANSWER == -1, 0, ANSWER)
    assert micro_f1(confusion_matrix(TRUTH, answer, 4)).value == pytest.approx((answer == TRUTH).mean())


def test_the_f1_interval_matches_a_plain_bootstrap_over_rows() -> None:
    rng = np.random.default_rng(1)
    picks = [rng.integers(0, 300, 300) for _ in range(600)]
    figures = [f1_score(TRUTH[p], ANSWER[p], labels=range(4), average="macro") for p in picks]
    estimate = macro_f1(CONFUSION)
    assert (estimate.low, estimate.high) == pytest.approx(
        tuple(np.quantile(figures, [0.025, 0.975])), abs=0.012
    )


def test_no_rows_have_no_f1() -> None:
    assert macro_f1(np.zeros((2, 3), np.int64)).value is None
