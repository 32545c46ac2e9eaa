"""How a study was done."""

from __future__ import annotations

from dataclasses import replace

from page_words import words_of
from study_figures import HUMAN, TASK, study

from pipelines.reports.label_study.method import method_section


def test_splits_have_their_rows_by_label_and_what_was_left_out():
    text = words_of(method_section(study(HUMAN)))
    assert "Split Rows cat <b>dog Left out" in text and "train 400 200 200" in text
    assert "3: no human label" in text


def test_seeds_classifier_and_groups_are_those_of_the_study():
    text = words_of(method_section(study(HUMAN, groups=150)))
    assert "Seeds 0, 1 and 2" in text and "MMBT (preset mmf)" in text
    assert "400 test rows in 150 groups that share a picture, drawn as groups" in text
    assert "400 test rows, each drawn by itself" in words_of(method_section(study(HUMAN)))


def test_several_labels_per_row_are_counted_as_rows():
    text = words_of(method_section(study(HUMAN, task=replace(TASK, multi_label=True))))
    assert "all labels of a row count as one" in text and "Labels' micro F1" in text
