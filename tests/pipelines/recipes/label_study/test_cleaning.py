"""Wrong labels are found by classifiers that had not seen them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from study_parts import noisy, pets_study

from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.recipes.label_study.cleaning import (
    fold_trainings,
    issues_by_text_model,
    label_issues,
    texts_of,
    why_uncleaned,
    write_unseen,
)
from pipelines.recipes.label_study.rows import Annotation, StudySplit

ROWS = 200
HUMAN = np.arange(ROWS, dtype=np.int32) % 2
SPACE = LabelSpace(("no", "yes"))
IDS = [f"d/train/{number:03}" for number in range(ROWS)]
TRAIN = StudySplit(SPACE, IDS, HUMAN, ["en"] * ROWS, IDS, 0)


def test_confident_learning_finds_planted_wrong_labels():
    rng = np.random.default_rng(0)
    wrong = rng.random(ROWS) < 0.15
    given = np.where(wrong, 1 - HUMAN, HUMAN).astype(np.int32)
    sure = np.clip(rng.normal(0.85, 0.1, ROWS), 0.02, 0.98)
    chances = np.stack([np.where(HUMAN == 0, sure, 1 - sure), np.where(HUMAN == 1, sure, 1 - sure)], axis=1)
    found = label_issues(given, chances, SPACE)
    assert (found & wrong).sum() > 0.8 * wrong.sum()
    assert (found & ~wrong).sum() < 0.1 * wrong.sum() + 3


def test_confident_learning_leaves_unanswered_rows_and_absent_labels_alone():
    given = np.where(np.arange(ROWS) % 5 == 0, NO_LABEL, HUMAN * 2).astype(np.int32)
    chances = np.tile([0.3, 0.3, 0.4], (ROWS, 1))
    assert not label_issues(given, chances, LabelSpace(("no", "maybe", "yes")))[given == NO_LABEL].any()


def test_confident_learning_doubts_rows_with_a_wrong_label_among_several():
    space, rng = LabelSpace(("a", "b", "c"), several=True), np.random.default_rng(0)
    human = rng.random((300, 3)) < 0.4
    wrong = rng.random((300, 3)) < 0.05
    given = [[space.labels[n] for n in np.flatnonzero(row)] for row in human ^ wrong]
    codes = space.read(pa.array(given, pa.list_(pa.string())))
    chances = np.clip(np.where(human, 0.9, 0.1) + rng.normal(0, 0.05, human.shape), 0.02, 0.98)
    found = label_issues(codes, chances, space)
    assert (found & wrong.any(axis=1)).sum() > 0.8 * wrong.any(axis=1).sum()
    assert (found & ~wrong.any(axis=1)).sum() < 10


def robot(codes) -> Annotation:
    return Annotation("robot", "rank", Path("run"), codes.astype(np.int32), np.ones(ROWS))


def test_labels_that_are_all_the_same_without_a_fold_cannot_be_cleaned():
    folds = np.arange(ROWS) % 3
    assert why_uncleaned(robot(HUMAN), folds) == ""
    one_fold_alone = np.where(folds == 1, 1, 0)
    assert why_uncleaned(robot(one_fold_alone), folds).startswith(
        "without fold 1 its labels are all the same"
    )
    assert "without fold 0" in why_uncleaned(robot(np.full(ROWS, NO_LABEL)), folds)


def test_each_fold_is_judged_by_a_training_without_it():
    folds = np.arange(ROWS) % 3
    trainings = fold_trainings(robot(HUMAN), folds)
    assert [training.name for training in trainings] == ["robot-fold0", "robot-fold1", "robot-fold2"]
    for fold, training in enumerate(trainings):
        assert (training.codes[folds == fold] == NO_LABEL).all()
        assert (training.codes[folds != fold] == HUMAN[folds != fold]).all()


def test_text_models_doubt_labels_that_the_words_contradict():
    wrong = np.arange(ROWS) % 20 == 0
    texts = [("purr" if label == 0 else "bark") + f" word{n % 7}" for n, label in enumerate(HUMAN)]
    issues = issues_by_text_model(robot(np.where(wrong, 1 - HUMAN, HUMAN)), TRAIN, TRAIN.folds(0, 3), texts)
    assert (issues & wrong).sum() >= 0.8 * wrong.sum() and not (issues & ~wrong).any()


def test_rows_to_be_predicted_have_ids_of_their_own(tmp_path):
    study = pets_study(tmp_path, noisy)
    train = study.rows.write(study.out / "rows").train
    unseen = write_unseen(train, tmp_path)
    ids = set(train.table(["id"])["id"].to_pylist())
    assert {row_id.removeprefix("unseen/") for row_id in unseen.table(["id"])["id"].to_pylist()} == ids
    rows = StudySplit.read(train, study.space)
    texts = dict(zip(rows.ids, texts_of(train, rows), strict=True))
    table = train.table(["id", "text"]).slice(0, 3).to_pylist()
    assert [texts[row["id"]] for row in table] == [row["text"] for row in table]
