"""How a model's labels differ from people's."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from page_words import words_of
from study_figures import HUMAN, study

from pipelines.reports.label_study.noise import noise_section

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
