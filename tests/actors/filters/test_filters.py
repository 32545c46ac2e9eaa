from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from actors.apply import apply
from actors.base import LIVE, Filter
from actors.filters.change import ChangeFilter, folded
from actors.filters.length import LengthFilter, repeated
from actors.filters.paragraph_repair import LowParagraphs, ParagraphFilter, ParagraphRepair
from actors.filters.scores import NliFilter, StsFilter
from pipelines.schema import BASE_SCHEMA, live_row

TYPES = {
    "response_original": pa.string(),
    "finish_reason": pa.string(),
    "sts_similarity": pa.float32(),
    "nli_similarity": pa.list_(pa.float32()),
    "paragraph_clip_scores": pa.list_(pa.float32()),
}


def rows_table(*rows: dict[str, Any]) -> pa.Table:
    extra = {name: kind for name, kind in TYPES.items() if any(name in row for row in rows)}
    full = [live_row(id=str(i), dataset="d", task="caption") | row for i, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=pa.schema([*BASE_SCHEMA, *extra.items()]))


def marks(actor: Filter, *rows: dict[str, Any]) -> list[str | None]:
    return apply(actor, rows_table(*rows))["reason"].to_pylist()


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("The small yellow ball is made of rubber.", None),  # accepted in Figure 5
        ("Yes.", "too_short"),
        ("", "too_short"),
        ("A cat. " * 3, "repetition"),
        ("I see a cat. " + "and then a very small dog " * 3, "repetition"),
        ("It is very very very good.", None),
        ("It is " + "so " * 9 + "good.", "repetition"),
        ("A person walks [0.12, 0.5, 0.3, 0.4].", "leftover_boxes"),
        ("The years [2012, 2013] were good.", None),
        ("There is a cat and then...", "trailing_dots"),
        ("There is a cat and a", "no_end"),
        ('He said "stop!"', None),
        ("They are:\n- a cat\n- a dog", None),
        (" ".join(f"word{i}" for i in range(401)) + ".", "too_long"),
        (" ".join(f"word{i}" for i in range(400)) + ".", None),
    ],
)
def test_each_fault_of_form_has_its_own_reason(response, reason):
    assert marks(LengthFilter(), {"response": response}) == [reason]


def test_the_token_limit_is_known_better_than_guessed_from_the_last_mark():
    actor = LengthFilter(knows_finish=True)
    rows = [
        {"response": "A whole sentence.", "finish_reason": "length"},
        {"response": "no mark at the end", "finish_reason": "stop"},
        {"response": "no mark at the end", "finish_reason": None},
    ]
    assert marks(actor, *rows) == ["no_end", None, "no_end"]


def test_every_limit_can_be_moved():
    long, short = {"response": "a b c d e f."}, {"response": "Yes."}
    assert marks(LengthFilter(max_words=5), long) == ["too_long"]
    assert marks(LengthFilter(min_words=0), short) == [None]
    assert marks(LengthFilter(dots=False, unfinished=False), {"response": "well, yes..."}) == [None]
    assert marks(LengthFilter(boxes=False), {"response": "at [0.1, 0.2]."}) == [None]
    assert marks(LengthFilter(max_repeats=4), {"response": "A cat. A cat. A cat."}) == [None]
    with pytest.raises(ValueError, match="min_words is 9"):
        LengthFilter(min_words=9, max_words=3).check()


def test_a_drop_by_a_limit_holds_figure_and_limit():
    found = apply(LengthFilter(), rows_table({"response": "Yes."})).to_pylist()[0]
    assert (found["score"], found["threshold"]) == (1.0, 2.0)


def test_a_repeated_phrase_is_found_without_full_stops():
    assert repeated("on the mat on the mat on the mat", 3) == ("on the mat", 3)
    assert repeated("the cat and the dog and the bird", 3) is None


@pytest.mark.parametrize(
    ("new", "old", "dropped"),
    [("No.", "no", True), ("A  RED   dog!", "a red dog", True), ("A red dog runs.", "a red dog", False)],
)
def test_a_response_that_only_changed_case_and_marks_is_unchanged(new, old, dropped):
    found = marks(ChangeFilter(), {"response": new, "response_original": old})
    assert found == ["unchanged" if dropped else None]


def test_texts_of_marks_alone_are_compared_as_they_are():
    assert folded("?!") != folded("...")


def test_similarity_at_the_limit_stays_and_rows_without_one_stay():
    rows = [{"sts_similarity": score} for score in (0.40, 0.3999, None)]
    found = apply(StsFilter(), rows_table(*rows))
    assert found["reason"].to_pylist() == [None, "low_similarity", None]
    assert found["score"].to_pylist()[1] == pytest.approx(0.3999)
    assert found["threshold"].to_pylist()[1] == 0.40


def test_only_a_leading_contradiction_drops_a_row():
    rows = [[2.0, 1.0, -1.0], [-5.7, 4.6, -0.5], [1.0, 0.0, 1.0], None]
    table = [{"nli_similarity": logits} for logits in rows]
    assert marks(NliFilter(), *table) == ["contradiction", None, None, None]
    assert marks(NliFilter(margin=1.5), *table) == [None] * 4


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
