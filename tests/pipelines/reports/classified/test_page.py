"""The page on classifying runs."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from classified_rows import classified_rows, several_rows, write_classified
from page_words import words_of

from actors.base import BadRow
from pipelines.__main__ import main
from pipelines.reports.classified.page import cases_section, comparison, rows_section, write_report
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.schema import failed_row


def test_the_verb_writes_one_page_that_asks_the_network_for_nothing(tmp_path: Path) -> None:
    rows = classified_rows(120)
    rows[0]["human_label"] = "weather"
    bad = failed_row(BadRow("bad_record", "torn"), id="toy/bad", dataset="toy", task="label", text=None)
    folder = write_classified(tmp_path / "run", [*rows, bad])
    assert main(["report", str(folder), "--out", str(tmp_path / "page.html")]) == 0
    html = (tmp_path / "page.html").read_text()
    said = words_of(html)
    assert "121 rows came in: 120 labelled, 1 failed." in said and "the record is broken" in said
    assert "1 human label of 1 kind is none of the model's" in said
    assert "Judged by people's labels: 119 rows; 1 not judged." in said
    assert "Sure and wrong" in said and "Among the least sure" in said and "✗ wrong" in said
    assert "ab" * 32 in said and "agrees within 1e-5" in said and "expected calibration error" in said
    assert html.count("<figure") == 4 and html.count("data:image/") >= 4
    assert not re.search(r"(src|href)=\"?(https?:)?//", html) and "url(" not in html


def test_without_human_labels_it_says_so_and_draws_only_what_it_can(tmp_path: Path) -> None:
    folder = write_classified(tmp_path / "run", classified_rows(30, human=False))
    said = words_of(write_report([folder], tmp_path / "page.html").read_text())
    assert "nothing here says how good the labels are" in said and "No human label." in said
    assert "How sure the labels are" in said and "not judged 30" in said
    assert "calibration error" not in said and "Fewer labels" not in said


def test_several_labels_get_a_table_instead_of_a_map(tmp_path: Path) -> None:
    folder = write_classified(tmp_path / "run", several_rows(80), several=True)
    said = words_of(write_report([folder], tmp_path / "page.html").read_text())
    assert "all labels right" in said and "micro F1" in said and "no label" in said
    assert "What was taken for what" not in said and "3, several per row" in said


def test_more_labels_than_a_map_can_show_are_told_by_their_mistakes(tmp_path: Path) -> None:
    labels = ("animal", "food", "place", *(f"label {n}" for n in range(30)))
    rows = classified_rows(60)
    for row in rows:
        row["label_probabilities"] += [0.0] * 30
    folder = write_classified(tmp_path / "run", rows, labels=labels)
    said = words_of(write_report([folder], tmp_path / "p.html").read_text())
    assert re.search(r"(animal|food|place) → (animal|food|place)", said) and "Point at a cell" not in said


def test_two_runs_stand_side_by_side(tmp_path: Path) -> None:
    folders = [write_classified(tmp_path / name, classified_rows(40, seed=n)) for n, name in enumerate("ab")]
    said = words_of(write_report(folders, tmp_path / "page.html").read_text())
    assert "The runs side by side" in said and "Single rows (b)" in said and "2 run manifests" in said


def test_a_report_on_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least one run"):
        write_report([], tmp_path / "page.html")


def test_a_card_has_the_truth_the_answer_and_the_likeliest_labels(one_label: ClassifiedRun) -> None:
    text = words_of(cases_section(one_label))
    assert "Sure and wrong text 2 Truth: food ✗ wrong animal , confidence 85.0%" in text
    assert "✓ right animal , confidence 95.0%" in text
    assert "No human label." in text  # of the least sure row


def test_a_grey_picture_and_an_empty_text_are_said(one_label: ClassifiedRun) -> None:
    text = words_of(cases_section(one_label))
    assert "The model saw a grey picture: no picture." in text and "(no text)" in text
    assert cases_section(one_label).count("data:image/") >= 3


def test_several_labels_are_right_only_all_together(several_labels: ClassifiedRun) -> None:
    text = words_of(cases_section(several_labels))
    assert "Truth: animal, place ✗ wrong animal , confidence 60.0% animal 70.0%, place 40.0%" in text
    assert "Truth: no label ✓ right no label" in text


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
