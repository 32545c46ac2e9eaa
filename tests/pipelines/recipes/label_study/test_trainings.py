"""What the study writes for the trainer and reads from it, with the real trainer on tiny models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from mmbt_sets import colour_rows, tiny_settings, write_set
from tiny_mmbt import tiny_bert

from pipelines.manifest import Manifest
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.recipes.label_study.grid import Grid, Run
from pipelines.recipes.label_study.rows import StudySplit
from trainers.mmbt.grid.verb import mmbt_grid as train

LABELS = ("place", "animal", "food")  # not in the order that the trainer would sort them into


def in_this_process(settings: Path, out: Path, workers: int | None, *, check: bool = False) -> None:
    train(settings, out=out, workers=0, check=check)


@pytest.mark.parametrize("several", [False, True])
def test_predictions_of_the_real_trainer_are_read_in_the_tasks_order(tmp_path, several):
    sets = {"train": (0, 24), "dev": (30, 6), "test": (60, 9)}
    manifests = [
        Manifest.read(write_set(tmp_path / name, colour_rows(count, first=first, several=several)))
        for name, (first, count) in sets.items()
    ]
    flags = vars(tiny_settings(tiny_bert(tmp_path / "bert"), epochs=1))
    settings = {name: value for name, value in flags.items() if value is not None}
    space = LabelSpace(LABELS, several=several)
    rows, judged = (StudySplit.read(manifest, space) for manifest in (manifests[0], manifests[2]))
    grid = Grid(tmp_path / "grid", *manifests, settings, in_this_process)
    codes = np.where(np.arange(len(rows)) % 3 == 0, NO_LABEL, rows.human).astype(np.int32)
    grid.run([Run("part", codes, 0)], rows)
    given, chances = grid.predictions("part", 0, judged)
    assert chances.shape == (9, 3) and (chances >= 0).all() and (chances <= 1).all()
    if several:
        assert (space.marks(given) == (chances > 0.5)).all()
    else:
        assert (given == chances.argmax(axis=1)).all()
        assert chances.sum(axis=1) == pytest.approx(1, abs=1e-6)
