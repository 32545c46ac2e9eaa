"""What a classifying run was given, and what it gave."""

from __future__ import annotations

from dataclasses import replace

from page_words import words_of

from pipelines.reports.classified.rows import comparison, rows_section
from pipelines.reports.classified.run import ClassifiedRun


def test_rows_reasons_and_what_they_lacked_are_counted(one_label: ClassifiedRun) -> None:
    text = words_of(rows_section(one_label))
    assert "7 rows came in: 6 labelled, 1 failed." in text
    assert "1 the record is broken bad_record" in text
    assert "Grey picture: no picture 2 33.3%" in text and "Empty text 1 16.7%" in text


def test_labels_are_listed_by_how_often_they_were_given(one_label: ClassifiedRun) -> None:
    text = words_of(rows_section(one_label))
    assert "animal 3 50.0% food 2 33.3% place 1 16.7%" in text


def test_rows_without_any_label_are_counted_among_them(several_labels: ClassifiedRun) -> None:
    assert "no label 1 33.3%" in words_of(rows_section(several_labels))


def test_labels_that_the_model_does_not_know_are_named(one_label: ClassifiedRun) -> None:
    strange = replace(one_label, outside=type(one_label.outside)({"weather": 2, "sports": 1}))
    text = words_of(rows_section(strange))
    assert "3 human labels of 2 kinds are none of the model's" in text and "weather 2 sports 1" in text


def test_runs_stand_side_by_side_with_a_dash_where_a_figure_is_missing(
    one_label: ClassifiedRun, unjudged: ClassifiedRun
) -> None:
    text = words_of(comparison([one_label, unjudged]))
    assert "run 7 6 2 5 60.0%" in text and "run 1 1 0 0 —" in text
