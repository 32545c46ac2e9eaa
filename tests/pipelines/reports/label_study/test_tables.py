"""The tables of a label study."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from page_words import words_of
from study_figures import HUMAN, TASK, WORTH, about, source, study

from pipelines.metrics.intervals.trainings import Difference
from pipelines.reports.label_study.figures import ACCURACY, Comparison
from pipelines.reports.label_study.page import render
from pipelines.reports.label_study.tables import (
    confidence_section,
    language_table,
    noise_section,
    p_words,
    question_table,
    source_table,
    worth_table,
)  # fmt: skip


def test_a_study_without_shares_has_no_curve_and_says_so():
    html = render(study(HUMAN, source("robot", "model", 0.75, difference=0.09)))
    assert "needs trainings on two numbers of human labels" in html


def test_a_task_reported_relative_to_human_labels_has_the_ratio():
    task = replace(TASK, relative=True)
    model = source("robot", "model", 0.75, difference=0.09, relative=about(0.893))
    html = render(study(HUMAN, model, task=task))
    assert "Relative to human labels" in html and "0.89" in html


def test_a_source_has_its_figures_its_difference_and_who_wins():
    text = words_of(source_table(study(HUMAN, source("robot", "model", 0.75, difference=0.09))))
    assert "robot 300 0 70.0% 64.6 to 74.9 75.0% 73.0 to 77.0 0.800 0.780 to 0.820" in text
    assert "+9.0 pts +6.0 to +12.0 all human better < 0.002" in text
    assert "human 75.0% 75.0% 75.0%" not in text and "robot 75.0% 75.0% 75.0%" in text  # every training


def test_p_values_too_small_for_the_draws_are_said_to_be_smaller():
    assert [p_words(Difference(about(0.1), p)) for p in (0.5, 0.002, 0.0, None)] == [
        "0.500", "< 0.002", "< 0.002", "—",
    ]  # fmt: skip


def test_a_question_is_answered_only_where_the_difference_is_resolved():
    sources = [HUMAN, source("robot", "model", 0.75), source("cleaned", "cleaned", 0.78)]
    asked = [
        Comparison("Cleaner?", "cleaned", "robot", {ACCURACY: Difference(about(0.03), 0.01)}),
        Comparison("Fewer?", "cleaned", "human", {ACCURACY: Difference(about(0.01), 0.6)}),
    ]
    text = words_of(question_table(study(*sources, comparisons=asked)))
    assert "Cleaner? cleaned robot +3.0 pts +1.0 to +5.0 0.010 the first is better" in text
    assert "0.600 not told apart" in text
    assert "Not run" in question_table(study(HUMAN))


def test_worth_is_in_human_labels():
    text = words_of(worth_table(study(HUMAN, source("robot", "model", 0.75, worth=WORTH))))
    assert "robot 300 0 about 80 human labels (45 to more than 300)" in text


def test_confidence_has_a_curve_and_the_trainings_on_what_it_keeps():
    top = source("top half", "filtered", 0.8, threshold=0.9, num_labels=150.0)
    html = confidence_section(study(HUMAN, source("robot", "model", 0.75), top))
    assert "<polyline" in html and "top half 0.900 150 70.0%" in words_of(html)
    free = [replace(item, coverage=item.coverage[:1]) for item in study(HUMAN).annotators]
    assert "free text carries no confidence" in confidence_section(study(HUMAN, annotators=free))


def test_languages_have_a_line_each_and_one_language_no_table():
    assert language_table(study(HUMAN)) is None
    spoken = {"en": about(0.9), "de": about(0.7)}
    human = replace(HUMAN, by_language=spoken, english_minus={"de": Difference(about(0.2), 0.001)})
    text = words_of(language_table(study(human)) or "")
    assert "English (en) 89.70% — — 90.0% 88.0 to 92.0 —" in text
    assert "German (de) 0.17% — — 70.0% 68.0 to 72.0 +20.0 pts +18.0 to +22.0" in text


[ROBOT] = study(HUMAN).annotators
LABELS = ("cat", "dog")


def test_the_matrix_is_of_answered_rows_and_sums_to_one_hundred():
    cells = [float(cell) for cell in re.findall(r'class="value">([\d.]+)%', noise_section(ROBOT, LABELS))]
    assert {85.7, 14.3, 35.7, 64.3} <= set(cells)  # 120, 20 of 140; 50, 90 of 140


def test_answers_and_reasons_for_none_are_said_first():
    text = words_of(noise_section(ROBOT, LABELS))
    assert "robot answered 93.3% 89.9 to 95.6 of 300 training rows" in text
    assert "20: no label was found in the answer" in text
    assert "cat 150 93.3%" in text  # 140 of 150 rows of cats have an answer


def test_with_several_labels_every_label_has_what_is_missed_and_wrongly_given():
    # by label: human no and yes; answered no, yes, and not at all
    decisions = np.array([[[50, 10, 3], [5, 35, 2]], [[60, 0, 0], [40, 0, 0]]])
    several = replace(ROBOT, confusion=None, decisions=decisions)
    text = words_of(noise_section(several, LABELS))
    assert "cat 40 45 12.5%" in text and "16.7%" in text and "77.8%" in text
    assert "dog 40 0 100.0%" in text and "agree with the human's to a micro F1" in text
