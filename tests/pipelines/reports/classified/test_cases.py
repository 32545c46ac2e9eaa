"""Single rows of a classifying run."""

from __future__ import annotations

from page_words import words_of

from pipelines.reports.classified.cases import cases_section
from pipelines.reports.classified.run import ClassifiedRun


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
