"""The multilingual table of trained classifiers."""

from __future__ import annotations

import numpy as np
import pytest

from actors.prompts.task import Task
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import Codes
from pipelines.recipes.label_study.agreement import annotator_figures, constant_answer
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.scores import Scoring
from pipelines.recipes.label_study.sources import SourceMaker
from pipelines.reports.label_study.figures import SourceFigures, SplitCounts, StudyFigures
from pipelines.reports.label_study.tables import language_table

TASK = Task("nli", "Which?", ("yes", "no"), "{document}")
PICTURES = 20


def split(*languages: str) -> StudySplit:
    """Each picture in every language, in turn; half of the pictures are of each label."""
    pairs = [(language, number) for number in range(PICTURES) for language in languages]
    return StudySplit(
        LabelSpace.of(TASK),
        [f"{language}/{number}" for language, number in pairs],
        np.array([number % 2 for _, number in pairs], dtype=np.int32),
        [language for language, _ in pairs],
        [f"{number}.png" for _, number in pairs],
        0,
    )


def scored(rows: StudySplit, predicted: Codes) -> tuple[Scoring, SourceFigures]:
    seeds = range(len(predicted))
    chances = np.eye(2)[predicted]
    scoring = Scoring(TASK, rows, rows, {"human": (predicted, chances)}, seeds)
    return scoring, scoring.source(SourceMaker(rows, seeds).human()[0])


def test_each_language_is_judged_on_its_own_rows() -> None:
    rows = split("en", "fr")
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
    rows = split("en", "fr")
    predicted = np.random.default_rng(0).integers(0, 2, (3, PICTURES)).repeat(2, axis=1).astype(np.int32)
    _, source = scored(rows, predicted)
    _, low, high = source.by_language["fr"].numbers
    assert low < high
    assert source.english_minus["fr"].estimate.numbers == (0, 0, 0)


def test_the_table_has_the_answer_rate_the_share_of_pretraining_and_the_drop() -> None:
    rows = split("en", "fr", "xx")
    _, source = scored(rows, np.tile(rows.human, (2, 1)))
    codes = np.where(np.array(rows.languages) == "fr", -1, rows.human).astype(np.int32)
    annotation = Annotation("tiny", "rank", ".", codes, np.ones(len(rows)))  # type: ignore[arg-type]
    count = SplitCounts(len(rows), {}, {})
    study = StudyFigures(
        TASK,
        {"train": count, "test": count},
        {},
        [0, 1],
        PICTURES,
        constant_answer(rows, rows),
        [source],
        [annotator_figures(annotation, rows)],
        [],
    )
    page = language_table(study)
    assert page is not None
    assert "French (fr)" in page and "0.16%" in page and "not listed" in page
    assert study.annotators[0].languages["fr"][0].value == 0
    assert "English − this, taught by human labels" in page


def test_one_language_makes_no_table() -> None:
    rows = split("en")
    _, source = scored(rows, np.tile(rows.human, (1, 1)))
    assert source.by_language == {} and source.english_minus == {}


def test_without_english_there_is_nothing_to_compare_with() -> None:
    rows = split("de", "fr")
    _, source = scored(rows, np.tile(rows.human, (1, 1)))
    assert list(source.by_language) == ["de", "fr"] and source.english_minus == {}
