"""How far labels agree with people's, by language too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from study_parts import NLI, PICTURES, language_split, pets_study

from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.recipes.label_study.agreement import (
    agreement,
    annotator_figures,
    answer_rate,
    by_language,
    constant_answer,
    split_counts,
    training_agreement,
)
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.scores import Scoring
from pipelines.recipes.label_study.training_labels import LabelMaker, TrainingLabels
from pipelines.reports.label_study.figures import SplitCounts, StudyFigures
from pipelines.reports.label_study.tables import language_table

SPACE = LabelSpace(("no", "yes"))


def rows_of(human: list[int], pictures: list[str] | None = None) -> StudySplit:
    ids = [f"{place}" for place in range(len(human))]
    return StudySplit(SPACE, ids, np.array(human, np.int32), ["en"] * len(ids), pictures or ids, 0)


def test_unanswered_rows_lower_the_answer_rate_and_not_the_agreement() -> None:
    rows, everywhere = rows_of([0, 1, 1, 0]), np.ones(4, dtype=bool)
    codes = np.array([0, 1, 0, NO_LABEL], np.int32)
    assert answer_rate(rows, codes, everywhere).value == 0.75
    assert agreement(rows, codes, everywhere).value == pytest.approx(2 / 3)
    assert agreement(rows, codes, np.arange(4) < 2).value == 1


def test_of_several_labels_the_agreement_is_micro_f1() -> None:
    space = LabelSpace(("a", "b", "c"), several=True)
    human, codes = (
        space.read(pa.array(sets, pa.list_(pa.string())))
        for sets in ([["a", "b"], ["c"]], [["a"], ["b", "c"]])
    )
    rows = StudySplit(space, ["x", "y"], human, ["", ""], ["x", "y"], 0)
    assert agreement(rows, codes, np.ones(2, dtype=bool)).value == pytest.approx(2 * 2 / (3 + 3))


def test_an_annotators_labels_are_counted_by_human_label() -> None:
    rows = rows_of([0, 0, 1, 1])
    codes = np.array([0, 1, 1, NO_LABEL], np.int32)
    robot = Annotation("robot", "rank", Path("run"), codes, np.array([0.9, 0.6, 0.8, np.nan]), {"refused": 1})
    figures = annotator_figures(robot, rows)
    assert figures.confusion is not None and figures.confusion.tolist() == [[1, 1, 0], [0, 1, 1]]
    assert figures.reasons == {"refused": 1} and figures.languages == {} and figures.decisions is None


def test_training_labels_of_all_seeds_are_judged_together() -> None:
    rows = rows_of([0, 1])
    codes = {0: np.array([0, NO_LABEL], np.int32), 1: np.array([1, 1], np.int32)}
    human = {seed: np.zeros(2, dtype=bool) for seed in codes}
    agreed = training_agreement(TrainingLabels("x", "mixture", "x", codes=codes, human=human), rows)
    assert agreed.value == pytest.approx(2 / 3) and agreed.rows == 2


def test_the_constant_answer_is_the_training_rows_commonest() -> None:
    assert constant_answer(rows_of([1, 1, 0]), rows_of([1, 0, 0, 0])).value == 0.25


def test_what_cannot_be_used_of_a_split_is_counted_with_its_reason(tmp_path: Path) -> None:
    study = pets_study(tmp_path, lambda row: row["human_label"])
    manifest = study.rows.write(study.out / "rows").test
    birds = StudySplit.read(manifest, LabelSpace(("cat", "bird")))
    counts = split_counts(manifest, birds)
    assert counts.rows == len(birds) == counts.by_label["cat"] and counts.by_label["bird"] == 0
    assert counts.left_out == {"label_not_in_task": birds.foreign} and birds.foreign > 0


def test_languages_are_told_apart_where_there_are_two_english_first() -> None:
    assert list(by_language(language_split("de", "en", "fr"))) == ["en", "de", "fr"]
    assert by_language(language_split("en")) == {}


def test_the_table_has_the_answer_rate_the_share_of_pretraining_and_the_drop() -> None:
    rows = language_split("en", "fr", "xx")
    predicted = np.tile(rows.human, (2, 1))
    scoring = Scoring(NLI, rows, rows, {"human": (predicted, np.eye(2)[predicted])}, range(2))
    source = scoring.figures_of(LabelMaker(rows, ClassifierFlags(seeds=2)).human()[0])
    codes = np.where(np.array(rows.languages) == "fr", -1, rows.human).astype(np.int32)
    annotation = Annotation("tiny", "rank", ".", codes, np.ones(len(rows)))  # type: ignore[arg-type]
    count = SplitCounts(len(rows), {}, {})
    study = StudyFigures(
        NLI,
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
