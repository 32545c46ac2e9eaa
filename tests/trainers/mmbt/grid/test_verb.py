"""Grids of trainings in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from mmbt_sets import colour_rows, label_table, tiny_settings, write_set
from tiny_mmbt import tiny_bert

from trainers.loop.launch import TrainingStopped
from trainers.mmbt.grid.grid_file import read_grid
from trainers.mmbt.grid.verb import mmbt_grid
from trainers.mmbt.settings import POCKET


def write_grid(root: Path, **changes: Any) -> Path:
    """GRID.json beside its sets, with human labels and two seeds; `changes` replace its keys."""
    if not (root / "train").is_dir():
        write_set(root / "train", colour_rows(30))
        write_set(root / "test", colour_rows(9, first=60))
        tiny_bert(root / "bert")
        label_table(root / "model.parquet", {row["id"]: "food" for row in colour_rows(20)})
        label_table(root / "empty.parquet", {"nobody": "food"})
    flags = {
        name: value
        for name, value in vars(tiny_settings(root / "bert", epochs=2)).items()
        if value is not None
    }
    grid = {
        "train": ["train"],
        "dev": None,
        "test": ["test"],
        "settings": flags,
        "runs": [{"name": "human", "labels": None, "seed": 0}, {"name": "model", "labels": "model.parquet"}],
    }
    (root / "grid.json").write_text(json.dumps(grid | changes))
    return root / "grid.json"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished grid in `out`. Read only."""
    root = tmp_path_factory.mktemp("grid")
    mmbt_grid(write_grid(root), out=root / "out", workers=0)
    return root


def test_every_run_has_its_record_and_predictions_and_no_model(finished: Path) -> None:
    for folder in ("human/seed-0", "model/seed-0"):
        out = finished / "out" / folder
        assert json.loads((out / "training.json").read_text())["labels"] == ["animal", "food", "place"]
        assert pq.read_table(out / "predictions-test.parquet").num_rows == 9
        assert not (out / "tensorboard").exists()
        assert not (out / "model").exists() and not (out / "trained.safetensors").exists()
    results = json.loads((finished / "out/results.json").read_text())["runs"]
    assert [(run["name"], run["seed"]) for run in results] == [("human", 0), ("model", 0)]
    assert results[1]["rows"]["train"]["used"] < results[0]["rows"]["train"]["used"] == 27


def test_runs_are_stopped_on_the_same_held_out_rows_with_human_labels(finished: Path) -> None:
    dev = [pq.read_table(finished / f"out/{name}/seed-0/prepared/dev.parquet") for name in ("human", "model")]
    assert dev[0].equals(dev[1])


def test_a_wider_grid_trains_only_what_is_new(finished: Path) -> None:
    before = (finished / "out/human/seed-0/training.json").stat().st_mtime_ns
    runs = [{"name": "human", "labels": None, "seed": seed} for seed in (0, 1)]
    mmbt_grid(write_grid(finished, runs=runs, keep_models=True), out=finished / "out", workers=0)
    assert (finished / "out/human/seed-0/training.json").stat().st_mtime_ns == before
    assert (finished / "out/human/seed-1/model/mmbt.json").is_file()


def test_a_training_with_no_rows_is_named_and_the_others_are_done(finished: Path, tmp_path: Path) -> None:
    runs = [{"name": "empty", "labels": "empty.parquet"}, {"name": "human"}]
    with pytest.raises(TrainingStopped, match="1 of 2 trainings failed:\n  empty/seed-0: no row is left"):
        mmbt_grid(write_grid(finished, runs=runs), out=tmp_path / "out", workers=0)
    assert (tmp_path / "out/human/seed-0/training.json").is_file()
    assert "no row is left" in json.loads((tmp_path / "out/results.json").read_text())["runs"][0]["failed"]
    runs[0]["labels"] = "model.parquet"
    mmbt_grid(write_grid(finished, runs=runs), out=tmp_path / "out", workers=0)
    assert (tmp_path / "out/empty/seed-0/training.json").is_file()


@pytest.mark.slow
def test_side_by_side_trainings_end_as_one_after_another(finished: Path, tmp_path: Path) -> None:
    runs = [{"name": "human", "seed": seed} for seed in range(3)]
    grid = write_grid(finished, runs=runs)
    mmbt_grid(grid, out=tmp_path / "two", workers=2)
    mmbt_grid(grid, out=tmp_path / "none", workers=0)
    for seed in range(3):
        tables = [
            pq.read_table(tmp_path / out / f"human/seed-{seed}/predictions-test.parquet")
            for out in ("two", "none")
        ]
        assert tables[0].equals(tables[1])


def test_a_grid_is_read_with_paths_from_its_own_folder(tmp_path: Path) -> None:
    grid = read_grid(write_grid(tmp_path, settings={"seed": 0, "preset": "pocket"}))
    assert grid.train == (tmp_path / "train",) and grid.dev is None and not grid.keep_models
    assert (
        grid.settings.image_model == POCKET.image_model and grid.runs[1].labels == tmp_path / "model.parquet"
    )
    assert grid.runs[1].folder == Path("model/seed-0")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"trian": []}, "no key 'trian'; did you mean 'train'"),
        ({"train": []}, r"train is \[\], expected a list of folders"),
        ({"dev": 3}, "dev is 3, expected a str"),
        ({"settings": {"epoch": 3}}, "no setting 'epoch'; did you mean 'epochs'"),
        ({"settings": {"epochs": 0}}, "epochs is 0"),
        ({"settings": {"seed": 3}}, "seed is 3, which a grid does not follow: give every run its own"),
        ({"settings": {"zero": 1}}, "zero is 1, which a grid does not follow"),
        ({"settings": {"checkpoint-s": 5}}, "checkpoint_s is 5, which a grid does not follow"),
        ({"runs": []}, "has no runs"),
        ({"runs": ["human"]}, r"runs\[0\] is 'human', expected an object"),
        ({"runs": [{"name": "../x"}]}, r"runs\[0\]: name is '../x'"),
        ({"runs": [{"name": "a", "seed": True}]}, "seed is True"),
        ({"runs": [{"name": "a", "labels": "gone.parquet"}]}, "there is no label table"),
        ({"runs": [{"name": "a"}, {"name": "a"}]}, r"runs\[1\] is 'a' with seed 0 again"),
    ],
)
def test_mistakes_in_a_grid_are_named_with_their_place(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read_grid(write_grid(tmp_path, **changes))


def test_mistakes_are_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="classes name one twice"):
        mmbt_grid(write_grid(tmp_path, classes=["food", "food"]), out=tmp_path / "out", workers=0)
    with pytest.raises(ValueError, match="image model 'resnet512' is not known"):
        settings = {"image_model": "resnet512"}
        mmbt_grid(write_grid(tmp_path, settings=settings), out=tmp_path / "out", workers=0)
    with pytest.raises(ValueError, match="--address here says nothing with --workers 0"):
        mmbt_grid(write_grid(tmp_path), out=tmp_path / "out", workers=0, address="here")
    assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_grid_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no grid"):
        read_grid(tmp_path / "grid.json")
    (tmp_path / "grid.json").write_text("[1")
    with pytest.raises(ValueError, match="is not JSON"):
        read_grid(tmp_path / "grid.json")
    (tmp_path / "grid.json").write_text("[]")
    with pytest.raises(ValueError, match="holds a list"):
        read_grid(tmp_path / "grid.json")
