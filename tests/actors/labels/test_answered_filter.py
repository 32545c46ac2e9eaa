"""Rows without a label are dropped by the kind of their answer."""

from __future__ import annotations

import pyarrow as pa

from actors.labels.answered_filter import AnsweredFilter


def test_a_row_of_no_labels_is_answered_and_a_row_without_an_answer_is_not() -> None:
    table = pa.table(
        {
            "labels": pa.array([["War"], [], None], pa.list_(pa.string())),
            "answer_kind": ["answered", "answered", "refused"],
            "raw_output": ["War", "", "I cannot tell."],
        }
    )
    several = AnsweredFilter(several=True)
    assert several.reads == ("labels", "answer_kind", "raw_output")
    assert several.keep(table).to_pylist() == [True, True, False]
    assert several.explain(table.slice(2))["reason"] == ["unanswered_refused"]


def test_the_beginning_of_the_answer_is_the_drops_detail() -> None:
    table = pa.table(
        {"label": ["War", None], "answer_kind": ["answered", "unparsed"], "raw_output": ["War", "x" * 300]}
    )
    single = AnsweredFilter()
    assert single.keep(table).to_pylist() == [True, False]
    assert single.explain(table.slice(1)) == {"reason": ["unanswered_unparsed"], "detail": ["x" * 200]}
