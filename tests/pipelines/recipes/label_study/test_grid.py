from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from study_parts import TASK, text_grid, write_pets

from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL
from pipelines.recipes.label_study.flags import ClassifierFlags, folder_name
from pipelines.recipes.label_study.grid import Grid, Run, read_predictions
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.splits import SplitFlags, StudyRows
from pipelines.sources.choice import SourceChoice

ROWS = StudySplit(
    LabelSpace(("no", "yes", "both")), ["a", "b"], np.array([0, 1], np.int32), ["", ""], ["a", "b"], 0
)


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
    return Grid(tmp_path / "grid", splits.train, splits.dev, splits.test, settings, text_grid), rows


def test_the_grid_names_rows_labels_seeds_and_settings(grid):
    grid, rows = grid
    codes = np.where(np.arange(len(rows)) < 30, rows.human, NO_LABEL).astype(np.int32)
    found = json.loads(grid.write([Run("half", codes, 3)], rows).read_text())
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
    found = read_grid(grid.write([Run("human", rows.human, 0), Run("human", rows.human, 1)], rows))
    assert [run.folder.as_posix() for run in found.runs] == ["human/seed-0", "human/seed-1"]
    assert found.settings.epochs == 1 and found.classes == TASK.labels


def test_settings_of_the_trainer_are_read_from_the_command_line():
    flags = ClassifierFlags(
        training=("epochs=4", "learning-rate=3e-4", "image-model=resnet18", "autocast=false")
    )
    assert flags.settings(TASK, "pocket") == {
        "preset": "pocket", "epochs": 4, "learning_rate": 3e-4, "image_model": "resnet18", "autocast": False,
    }  # fmt: skip
    assert flags.settings(TASK, "paper")["preset"] == "mmbt"
    with pytest.raises(ValueError, match="is not NAME=VALUE"):
        ClassifierFlags(training=("epochs",)).settings(TASK, "pocket")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"keep": (1.5,)}, "--keep 1.5"),
        ({"mix": (0.0,)}, "--mix"),
        ({"seeds": 0}, "--seeds"),
        ({"folds": 1}, "--folds"),
    ],
)
def test_shares_and_numbers_that_cannot_be_are_refused(flags, words):
    with pytest.raises(ValueError, match=words):
        ClassifierFlags(**flags).recipe()


def test_an_annotators_folder_is_named_after_it():
    assert folder_name("mine=/models/v1") == "mine"
    assert folder_name("lmsys/vicuna-7b") == "lmsys-vicuna-7b"
    assert folder_name("/") == "annotator"
