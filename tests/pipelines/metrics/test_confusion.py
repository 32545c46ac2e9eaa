from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score

from pipelines.metrics.confusion import (
    answer_rates,
    confusion_matrix,
    decisions,
    macro_f1,
    micro_f1,
    precisions,
    recalls,
    transition,
)

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


# cat: 6 cat, 2 dog, 2 unanswered; dog: all unanswered
NOISY = np.array([[6, 2, 2], [0, 0, 4]])


def test_shares_are_of_the_answered_rows_of_a_human_label():
    cat, dog = transition(NOISY)
    assert [cell.value for cell in cat] == [0.75, 0.25]
    assert all(cell.low < cell.value < cell.high for cell in cat)
    assert [cell.value for cell in dog] == [None, None]


def test_answer_rates_count_every_row_of_a_human_label():
    assert [rate.value for rate in answer_rates(NOISY)] == [pytest.approx(0.8), 0.0]


def test_decisions_count_rows_by_label_people_and_answer():
    human = np.array([[True, False], [True, True], [False, False], [True, False]])
    given = np.array([[True, True], [False, True], [False, False], [False, False]])
    found = decisions(human, given, np.array([True, True, True, False]))
    assert found[0].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert found[1].tolist() == [[1, 1, 1], [0, 1, 0]]
    assert (found.sum(axis=(1, 2)) == 4).all()
