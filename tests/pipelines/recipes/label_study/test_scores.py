"""Figures of trained classifiers, by language and against each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from study_parts import NLI as TASK
from study_parts import PICTURES, language_split

from pipelines.metrics.labels import Codes
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.scores import Scoring
from pipelines.recipes.label_study.training_labels import LabelMaker
from pipelines.reports.label_study.figures import ACCURACY, LabelSourceFigures


def scored(rows: StudySplit, predicted: Codes) -> tuple[Scoring, LabelSourceFigures]:
    seeds = range(len(predicted))
    chances = np.eye(2)[predicted]
    scoring = Scoring(TASK, rows, rows, {"human": (predicted, chances)}, seeds)
    return scoring, scoring.figures_of(LabelMaker(rows, ClassifierFlags(seeds=len(seeds))).human()[0])


def test_each_language_is_judged_on_its_own_rows() -> None:
    rows = language_split("en", "fr")
    predicted = np.tile(rows.human, (2, 1))
    predicted[:, 1::2][:, :10] = 1 - predicted[:, 1::2][:, :10]
    predicted[0, 0] = 1 - predicted[0, 0]
    _, source = scored(rows, predicted)
    assert source.by_language["en"].value == pytest.approx(1 - 1 / 40)
    assert source.by_language["fr"].value == pytest.approx(0.5)
    assert source.by_language["fr"].rows == PICTURES
    assert source.english_minus["fr"].estimate.value == pytest.approx(0.475)
    assert source.english_minus["fr"].resolved


def test_equal_answers_in_two_languages_differ_by_nothing_in_every_draw() -> None:
    rows = language_split("en", "fr")
    predicted = np.random.default_rng(0).integers(0, 2, (3, PICTURES)).repeat(2, axis=1).astype(np.int32)
    _, source = scored(rows, predicted)
    _, low, high = source.by_language["fr"].numbers
    assert low < high
    assert source.english_minus["fr"].estimate.numbers == (0, 0, 0)


def test_one_language_makes_no_table() -> None:
    rows = language_split("en")
    _, source = scored(rows, np.tile(rows.human, (1, 1)))
    assert source.by_language == {} and source.english_minus == {}


def test_without_english_there_is_nothing_to_compare_with() -> None:
    rows = language_split("de", "fr")
    _, source = scored(rows, np.tile(rows.human, (1, 1)))
    assert list(source.by_language) == ["de", "fr"] and source.english_minus == {}


def taught(rows: StudySplit, faults: int) -> Codes:
    """The human labels, the first `faults` of each kind the other way round, in two seeds."""
    codes = rows.human.copy()
    codes[: 2 * faults] = 1 - codes[: 2 * faults]
    return np.tile(codes, (2, 1))


def figures(mix: float) -> tuple[Scoring, list[LabelSourceFigures]]:
    """Human labels teach without a fault, half of them with 8, a robot's labels with 4."""
    rows = language_split("en")
    faults = {"human": 0, "human-50pct": 4, "robot": 2, "robot-rows": 0, "robot-mix50": 1}
    predicted = {name: (taught(rows, n), np.eye(2)[taught(rows, n)]) for name, n in faults.items()}
    scoring = Scoring(TASK, rows, rows, predicted, range(2))
    maker = LabelMaker(rows, ClassifierFlags(seeds=2, human=(0.5,), mix=(mix,), keep=()))
    robot = Annotation("robot", "rank", Path(), taught(rows, 3)[0], np.ones(PICTURES))
    variants = [*maker.human(), *maker.of(robot, "off")]
    return scoring, [scoring.figures_of(labels) for labels in variants]


def test_figures_say_what_the_labels_are_and_how_far_they_are_from_human_ones() -> None:
    _, sources = figures(0.5)
    by_name = {source.name: source for source in sources}
    robot = by_name["robot"]
    assert robot.annotator == "robot" and robot.num_labels == PICTURES and robot.num_human == 0
    assert robot.label_accuracy is not None and robot.label_accuracy.value == pytest.approx(1 - 6 / PICTURES)
    assert robot.figures[ACCURACY].value == pytest.approx(1 - 4 / PICTURES)
    assert robot.against_human[ACCURACY].estimate.value == pytest.approx(4 / PICTURES)
    assert robot.per_seed[ACCURACY] == [pytest.approx(1 - 4 / PICTURES)] * 2
    assert by_name["human"].against_human == {}
    assert by_name["robot-cleaned"].not_run == "off" and not by_name["robot-cleaned"].figures


def test_every_question_is_answered_that_has_both_its_sides() -> None:
    scoring, sources = figures(0.5)
    pairs = {(item.first, item.second) for item in scoring.comparisons(sources)}
    assert pairs == {("robot-rows", "robot"), ("robot-mix50", "robot"), ("robot-mix50", "human-50pct")}
    [mixture] = [item for item in scoring.comparisons(sources) if item.second == "human-50pct"]
    assert mixture.differences[ACCURACY].estimate.value == pytest.approx(6 / PICTURES)


def test_a_mixture_is_held_against_the_human_labels_of_its_share_alone() -> None:
    scoring, sources = figures(0.2)
    predicted = dict(scoring.predicted) | {"robot-mix20": scoring.predicted["robot-mix50"]}
    scoring = replace(scoring, predicted=predicted)
    pairs = {(item.first, item.second) for item in scoring.comparisons(sources)}
    assert ("robot-mix20", "human-50pct") not in pairs


def test_labels_by_a_model_are_worth_a_number_of_human_ones_where_there_is_a_curve() -> None:
    scoring, sources = figures(0.5)
    worths = {source.name: source.worth for source in scoring.with_worth(sources)}
    assert worths["robot"] is not None and worths["robot-mix50"] is not None
    assert worths["human"] is None and worths["robot-rows"] is None and worths["robot-cleaned"] is None
    without_curve = [source for source in sources if source.kind != "human_share"]
    assert all(source.worth is None for source in scoring.with_worth(without_curve))
