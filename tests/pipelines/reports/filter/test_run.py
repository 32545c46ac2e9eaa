"""A filtered run as its page needs it."""

from __future__ import annotations

import pytest
from filter_run import Rewritten

from pipelines.reports.filter.run import FilterRun


def test_scores_decide_on_rows_that_no_rule_refused(few):
    assert [row["id"] for row in few.past_rules] == ["low", "high", "one", "answer", "right"]


def test_every_similarity_is_judged_whatever_became_of_its_row(few):
    assert [(item.row, item.score) for item in few.similarities()] == [
        ("low", 0.25), ("high", 0.75), ("one", 0.5),
    ]  # fmt: skip


def test_the_lead_of_contradiction_is_over_the_larger_other_logit(few):
    assert [(item.row, item.score, item.wrong) for item in few.leads()] == [
        ("answer", 1.0, True), ("right", -3.0, False),
    ]  # fmt: skip


def test_paragraphs_are_judged_where_there_are_several_and_the_planted_one_is_known(few):
    assert [(item.row, item.score, item.wrong) for item in few.paragraphs()] == [
        ("high", 20.0, False), ("high", 10.0, True),
    ]  # fmt: skip


def test_scores_that_a_run_lacks_are_none_and_their_truth_is_unknown(plain):
    assert (plain.paragraph_scores, plain.knows_truth) == (None, False)
    assert plain.rows[0]["reward"] is None and plain.similarities() == []


def test_a_run_that_was_not_filtered_is_refused_with_the_next_step(tmp_path):
    from pipelines.recipes.ingest import ingest_rows

    plain = ingest_rows(Rewritten(tmp_path / "pictures"), tmp_path / "plain")
    with pytest.raises(ValueError, match="was not filtered; run `filter`"):
        FilterRun.read(plain.path)
