"""Rows and answers in one fixed order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from study_parts import TASK

from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.reasons import reason_words
from pipelines.recipes.label_study.rows import Annotation, StudySplit

ROWS = 200
HUMAN = np.arange(ROWS, dtype=np.int32) % 2
SPACE = LabelSpace(("no", "yes"))
IDS = [f"d/train/{number:03}" for number in range(ROWS)]
TRAIN = StudySplit(SPACE, IDS, HUMAN, ["en"] * ROWS, IDS, 0)


def test_rows_of_one_picture_stay_together_in_samples_and_folds():
    pictures = [f"{number // 4}.png" for number in range(ROWS)]
    rows = StudySplit(SPACE, IDS, HUMAN, ["en"] * ROWS, pictures, 0)
    folds = rows.folds(0, 3)
    assert set(folds) == {0, 1, 2}
    assert all(len(set(folds[start : start + 4])) == 1 for start in range(0, ROWS, 4))
    assert len({pictures[place] for place in rows.order(0)[:40]}) == 10


@pytest.mark.parametrize("seed", [0, 1])
def test_an_order_depends_on_ids_and_seed_alone(seed):
    back = StudySplit(SPACE, IDS[::-1], HUMAN[::-1], ["en"] * ROWS, IDS[::-1], 0)
    assert [IDS[place] for place in TRAIN.order(seed)] == [back.ids[place] for place in back.order(seed)]


def test_training_rows_that_the_run_never_held_are_counted(done, tmp_path):
    study, _, _ = done
    train = StudySplit.read(study.rows.write(study.out / "rows").train, LabelSpace.of(TASK))
    more = replace(train, ids=[*train.ids, "file/9999"])
    found = Annotation.read("robot", study.labels.labelled[0], more)
    assert found.reasons["not_in_run"] == 1 and found.codes[-1] == NO_LABEL
    assert reason_words("not_in_run") == "the annotation run does not hold the row"
