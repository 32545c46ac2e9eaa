"""How good a classifier's labels are."""

from __future__ import annotations

import pytest
from page_words import words_of

from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.classified.scores import (
    LabelScore,
    confusion,
    estimates,
    label_scores,
    scores_section,
)  # fmt: skip


def test_rows_are_counted_by_human_label_and_answer(one_label: ClassifiedRun) -> None:
    assert confusion(one_label)[:, :3].tolist() == [[2, 0, 0], [1, 1, 0], [0, 1, 0]]


def test_every_label_has_its_precision_and_its_recall(one_label: ClassifiedRun) -> None:
    animal, food, place = label_scores(one_label)
    assert (animal.human, animal.given, animal.both) == (2, 3, 2)
    assert animal.precision.value == pytest.approx(2 / 3) and animal.recall.value == 1.0
    assert food.f1.value == pytest.approx(0.5)
    assert (place.human, place.given, place.both) == (1, 0, 0) and place.precision.value is None


def test_a_label_that_nobody_has_or_gives_has_no_f1() -> None:
    assert LabelScore("x", 0, 0, 0, rows=9).f1.value is None


def test_several_labels_are_scored_one_by_one(several_labels: ClassifiedRun) -> None:
    figures = estimates(several_labels)
    assert figures["all labels right"].value == pytest.approx(2 / 3)
    assert figures["micro F1"].value == pytest.approx(2 * 3 / (3 + 4))
    assert [(one.human, one.given, one.both) for one in label_scores(several_labels)] == [
        (2, 2, 2), (1, 1, 1), (1, 0, 0),
    ]  # fmt: skip


def test_the_section_names_figures_judged_rows_and_mistakes(one_label: ClassifiedRun) -> None:
    text = words_of(scores_section(one_label))
    assert "Judged by people's labels: 5 rows; 1 not judged." in text
    assert "accuracy 60.0%" in text
    assert "food → animal 1 50.0%" in text and "place → food 1 100.0%" in text


def test_without_human_labels_there_is_no_figure(unjudged: ClassifiedRun) -> None:
    assert "nothing here says how good the labels are" in scores_section(unjudged)
