"""The page of a label study, from figures written here."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from page_words import words_of
from study_figures import HUMAN, TASK, WORTH, about, source, study

from pipelines.metrics.intervals.trainings import Difference
from pipelines.reports.label_study.figures import ACCURACY, Comparison
from pipelines.reports.label_study.page import method_section, render


@pytest.fixture(scope="module")
def page():
    shares = [
        source(
            "human-10pct", "human_share", 0.7, difference=0.14, num_labels=30.0, num_human=30.0, share=0.1
        ),
        source(
            "human-50pct", "human_share", 0.8, difference=0.04, num_labels=150.0, num_human=150.0, share=0.5
        ),
    ]
    model = source("robot", "model", 0.75, difference=0.09, worth=WORTH)
    asked = Comparison("Does cleaning help?", "cleaned", "robot", {ACCURACY: Difference(about(0.03), 0.01)})
    everything = [
        HUMAN,
        model,
        source("cleaned", "cleaned", 0.78, difference=0.06),
        source("robot-rows", "same_rows", 0.84, difference=0.0, p=1.0, same_as="human"),
        replace(
            source("top", "filtered", 0.0), figures={}, per_seed={}, not_run="free text carries no confidence"
        ),
        *shares,
    ]
    return render(study(*everything, comparisons=[asked]))


def test_the_page_holds_every_part_the_experiment_asks_for(page):
    for words in (
        "Human labels against the others", "Noise transition matrix", "How many human labels they are worth",
        "Coverage against the share of right labels", "The paper&#x27;s figures beside ours",
        "How this was measured", "Accuracy against the number of human labels",
    ):  # fmt: skip
        assert words in page, words


def test_the_page_says_what_was_not_run_and_what_is_the_same(page):
    assert "not run: free text carries no confidence" in page
    assert "the same labels as “human”, trained once" in page


def test_data_cannot_break_the_page(page):
    assert "<b>dog" not in page and "&lt;b&gt;dog" in page
    assert not re.search(r"<script|https?://", page)


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
