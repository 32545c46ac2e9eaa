from __future__ import annotations

import pytest
from response_rows import rows_table

from actors.filters.rewritten_text import (
    both_texts,
    clip_sentences,
    paragraphs_of,
    question_of,
    rows_of_tasks,
)


def test_sentences_are_cut_at_full_stops_with_the_empty_piece_and_at_most_ten():
    assert clip_sentences("One. Two.") == ["One", " Two", ""]
    assert len(clip_sentences("a." * 30)) == 10


def test_paragraphs_are_cut_at_empty_lines_and_blank_ones_do_not_count():
    assert paragraphs_of("One.\n\n \n\nTwo\nlines.\n\n") == ["One.", "Two\nlines."]
    assert paragraphs_of("") == []


@pytest.mark.parametrize(
    ("instruction", "question"),
    [("what is it<image>", "what is it"), (None, ""), ("<image>why<|endofchunk|> ", "why")],
)
def test_a_question_has_no_picture_marks(instruction, question):
    assert question_of(instruction) == question


def test_rows_are_routed_by_task_and_compared_only_with_both_texts():
    table = rows_table(
        {"response": "a red dog", "response_original": "dog"},
        {"response": "yes", "response_original": None},
        {"response": "it is red", "response_original": "red", "task": "vqa"},
    )
    assert rows_of_tasks(table, ["caption"]) == [0, 1]
    texts, bad = both_texts(table, [0, 1])
    assert texts == {0: ("a red dog", "dog")}
    assert str(bad[1]) == "missing_response: response_original is null, so there is nothing to compare"
