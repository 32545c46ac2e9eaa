from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from pipelines.metrics.labels import (
    accuracy_on_all,
    accuracy_on_answered,
    answer_rate,
    label_codes,
    label_marks,
)  # fmt: skip

TRUTH = label_codes(pa.array(["yes", "no", "yes", "no", None]), ["no", "yes"])
ANSWER = label_codes(pa.array(["yes", "yes", None, "no", "yes"]), ["no", "yes"])


def test_null_and_foreign_labels_have_no_code() -> None:
    codes = label_codes(pa.chunked_array([["yes", None], ["maybe", "no"]]), ["no", "yes"])
    assert codes.tolist() == [1, -1, -1, 0]


def test_answer_rate_counts_every_row() -> None:
    assert answer_rate(ANSWER).value == pytest.approx(4 / 5)


def test_unanswered_rows_are_wrong_only_in_the_accuracy_on_all_rows() -> None:
    assert accuracy_on_answered(TRUTH, ANSWER).value == pytest.approx(2 / 3)
    assert accuracy_on_all(TRUTH, ANSWER).value == pytest.approx(2 / 4)


def test_rows_without_a_human_label_are_not_scored() -> None:
    assert accuracy_on_answered(TRUTH, ANSWER).rows == 3
    assert accuracy_on_all(TRUTH, ANSWER).rows == 4


def test_nothing_answered_has_no_accuracy_on_answered_but_zero_on_all() -> None:
    nothing = np.full(len(TRUTH), -1, np.int32)
    assert accuracy_on_answered(TRUTH, nothing).value is None
    assert accuracy_on_all(TRUTH, nothing).value == 0.0


def test_lists_of_labels_are_marks_and_one_unknown_label_makes_a_row_unknown():
    column = pa.array([["a", "b"], [], None, ["b", "zebra"]], pa.list_(pa.string()))
    known, marks = label_marks(column, ["a", "b"])
    assert known.tolist() == [True, True, False, False]
    assert marks.tolist() == [[True, True], [False, False], [False, False], [False, True]]
