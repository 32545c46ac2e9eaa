from __future__ import annotations

from typing import Any

from response_rows import rows_table

from actors.apply import apply
from actors.base import LIVE
from actors.filters.paragraph_repair import LowParagraphs, ParagraphFilter, ParagraphRepair


def repaired(rows: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    table = rows_table(*rows)
    actors = (LowParagraphs(**settings), ParagraphRepair(), ParagraphFilter(settings.get("min_score", 17.0)))
    for actor in actors:
        table = apply(actor, table)
    return table.to_pylist()


def test_a_low_paragraph_is_taken_out_and_kept_aside():
    rows = [{"response": "One.\n\nTwo.\n\nThree.", "paragraph_clip_scores": [17.0, 16.5, 23.0]}]
    [found] = repaired(rows)
    assert found["status"] == LIVE
    assert found["response"] == "One.\n\nThree."
    assert found["filtered_paragraphs"] == [{"score": 16.5, "text": "Two."}]
    assert found["response_unrepaired"] == rows[0]["response"]
    assert "response_original" not in found  # nothing else was kept twice


def test_a_row_that_lost_every_paragraph_is_dropped_with_its_best_score():
    [found] = repaired([{"response": "One.\n\nTwo.", "paragraph_clip_scores": [3.0, 16.0]}])
    assert (found["status"], found["reason"]) == ("dropped", "no_paragraph_left")
    assert (found["score"], found["threshold"]) == (16.0, 17.0)
    assert found["response_unrepaired"] == "One.\n\nTwo."


def test_one_paragraph_is_judged_only_where_asked_for():
    rows = [{"response": "One.", "paragraph_clip_scores": [3.0]}]
    assert repaired(rows)[0]["status"] == LIVE
    assert repaired(rows, judge_single=True)[0]["reason"] == "no_paragraph_left"


def test_rows_without_scores_pass_untouched():
    [found] = repaired([{"response": "One.\n\n\n\nTwo.", "paragraph_clip_scores": None}])
    assert (found["response"], found["filtered_paragraphs"]) == ("One.\n\n\n\nTwo.", None)


def test_scores_of_another_response_fail_the_row():
    [found] = repaired([{"response": "One.\n\nTwo.", "paragraph_clip_scores": [20.0]}])
    assert (found["status"], found["reason"]) == ("failed", "wrong_scores")
