"""What the study writes for the trainer and reads from it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mmbt_sets import colour_rows, small_settings, write_set
from study_parts import TASK, text_grid, write_pets

from pipelines.manifest import Manifest
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.recipes.label_study.grid import Grid, Training, read_predictions
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.splits import SplitFlags, Splits, StudyRows
from pipelines.sources.choice import SourceChoice
from trainers.mmbt.grid.verb import mmbt_grid as train

ROWS = StudySplit(
    LabelSpace(("no", "yes", "both")), ["a", "b"], np.array([0, 1], np.int32), ["", ""], ["a", "b"], 0
)
LABELS = ("place", "animal", "food")  # not in the order that the trainer would sort them into


def leave(folder, ids, labels=("no", "yes")):
    """What a training leaves: the labels it knows, and its predictions."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "training.json").write_text(json.dumps({"labels": list(labels)}))
    chances = [[0.9 - 0.5 * place, 0.1 + 0.5 * place] for place in range(len(ids))]
    names = [labels[int(np.argmax(line))] for line in chances]
    pq.write_table(
        pa.table({"id": ids, "label": names, "probabilities": chances}), folder / "predictions-test.parquet"
    )


def test_predictions_are_put_in_the_order_of_rows_and_labels(tmp_path):
    leave(tmp_path, ["b", "x", "a"], labels=("yes", "no"))
    codes, chances = read_predictions(tmp_path, "test", ROWS)
    assert codes.tolist() == [0, 1]
    assert chances.tolist() == [
        [pytest.approx(1.1), pytest.approx(-0.1), 0.0],
        [pytest.approx(0.1), 0.9, 0.0],
    ]


def test_a_training_without_all_rows_or_unfinished_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no finished training"):
        read_predictions(tmp_path, "test", ROWS)
    leave(tmp_path, ["a"])
    with pytest.raises(ValueError, match="lacks 1 of the 2 rows"):
        read_predictions(tmp_path, "test", ROWS)


@pytest.fixture
def grid(tmp_path):
    source = SourceChoice.of(data=write_pets(tmp_path / "pets.jsonl", range(60)))
    splits = StudyRows(TASK, source, SplitFlags()).write(tmp_path / "rows")
    rows = StudySplit.read(splits.train, LabelSpace.of(TASK))
    settings = {"preset": "pocket", "epochs": 1}
    return Grid(tmp_path / "grid", splits, settings, text_grid), rows


def test_the_grid_names_rows_labels_seeds_and_settings(grid):
    grid, rows = grid
    codes = np.where(np.arange(len(rows)) < 30, rows.human, NO_LABEL).astype(np.int32)
    found = json.loads(grid.write([Training("half", codes, 3)], rows).read_text())
    [run] = found.pop("runs")
    assert found["settings"] == {"preset": "pocket", "epochs": 1} and found["classes"] == ["cat", "dog"]
    assert found["dev"] == str(grid.dev.path.resolve()) and found["test"] == [str(grid.test.path.resolve())]
    assert (run["name"], run["seed"]) == ("half", 3)
    table = pq.read_table(run["labels"])
    assert table["id"].to_pylist() == rows.ids[:30]
    assert table["label"].to_pylist() == [TASK.labels[code] for code in rows.human[:30]]


def test_the_trainers_own_reader_takes_the_grid(grid):
    from trainers.mmbt.grid.grid_file import read_grid

    grid, rows = grid
    found = read_grid(grid.write([Training("human", rows.human, 0), Training("human", rows.human, 1)], rows))
    assert [run.folder.as_posix() for run in found.runs] == ["human/seed-0", "human/seed-1"]
    assert found.settings.epochs == 1 and found.classes == TASK.labels


def in_this_process(settings: Path, out: Path, workers: int | None, *, check: bool = False) -> None:
    train(settings, out=out, workers=0, check=check)


@pytest.mark.parametrize("several", [False, True])
def test_predictions_of_the_real_trainer_are_read_in_the_tasks_order(tmp_path, several):
    sets = {"train": (0, 24), "dev": (30, 6), "test": (60, 9)}
    manifests = [
        Manifest.read(write_set(tmp_path / name, colour_rows(count, first=first, several=several)))
        for name, (first, count) in sets.items()
    ]
    flags = vars(small_settings(tmp_path, epochs=1))
    settings = {name: value for name, value in flags.items() if value is not None}
    space = LabelSpace(LABELS, several=several)
    rows, judged = (StudySplit.read(manifest, space) for manifest in (manifests[0], manifests[2]))
    grid = Grid(tmp_path / "grid", Splits(*manifests), settings, in_this_process)
    codes = np.where(np.arange(len(rows)) % 3 == 0, NO_LABEL, rows.human).astype(np.int32)
    grid.run([Training("part", codes, 0)], rows)
    given, chances = grid.predictions("part", 0, judged)
    assert chances.shape == (9, 3) and (chances >= 0).all() and (chances <= 1).all()
    if several:
        assert (space.marks(given) == (chances > 0.5)).all()
    else:
        assert (given == chances.argmax(axis=1)).all()
        assert chances.sum(axis=1) == pytest.approx(1, abs=1e-6)
