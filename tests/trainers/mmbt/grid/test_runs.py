"""The trainings of a grid, in this process and side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from mmbt_grids import trainable_grid, write_grid
from mmbt_sets import colour_rows, write_set

from pipelines.engine.run_folder import RunFolder
from trainers.loop.launch import TrainingStopped
from trainers.mmbt.grid.grid_file import read_grid
from trainers.mmbt.grid.runs import request_of
from trainers.mmbt.grid.verb import mmbt_grid
from trainers.mmbt.request import check_splits


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished grid in `out`. Read only."""
    root = tmp_path_factory.mktemp("grid")
    mmbt_grid(trainable_grid(root), out=root / "out", workers=0)
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
    mmbt_grid(trainable_grid(finished, runs=runs, keep_models=True), out=finished / "out", workers=0)
    assert (finished / "out/human/seed-0/training.json").stat().st_mtime_ns == before
    assert (finished / "out/human/seed-1/model/mmbt.json").is_file()


def test_a_training_with_no_rows_is_named_and_the_others_are_done(finished: Path, tmp_path: Path) -> None:
    runs = [{"name": "empty", "labels": "empty.parquet"}, {"name": "human"}]
    with pytest.raises(TrainingStopped, match="1 of 2 trainings failed:\n  empty/seed-0: no row is left"):
        mmbt_grid(trainable_grid(finished, runs=runs), out=tmp_path / "out", workers=0)
    assert (tmp_path / "out/human/seed-0/training.json").is_file()
    assert "no row is left" in json.loads((tmp_path / "out/results.json").read_text())["runs"][0]["failed"]
    runs[0]["labels"] = "model.parquet"
    mmbt_grid(trainable_grid(finished, runs=runs), out=tmp_path / "out", workers=0)
    assert (tmp_path / "out/empty/seed-0/training.json").is_file()


@pytest.mark.slow
def test_side_by_side_trainings_end_as_one_after_another(finished: Path, tmp_path: Path) -> None:
    runs = [{"name": "human", "seed": seed} for seed in range(3)]
    grid = trainable_grid(finished, runs=runs)
    mmbt_grid(grid, out=tmp_path / "two", workers=2)
    mmbt_grid(grid, out=tmp_path / "none", workers=0)
    for seed in range(3):
        tables = [
            pq.read_table(tmp_path / out / f"human/seed-{seed}/predictions-test.parquet")
            for out in ("two", "none")
        ]
        assert tables[0].equals(tables[1])


def test_runs_begun_with_other_settings_are_refused(tmp_path: Path) -> None:
    write_set(tmp_path / "train", colour_rows(3))
    (tmp_path / "out/human/seed-0").mkdir(parents=True)
    (tmp_path / "out/human/seed-0/run.json").write_text(json.dumps({"identity": {"preset": "mmf"}}))
    grid = write_grid(tmp_path, train=["train"], test=["train"], runs=[{"name": "human"}])
    with pytest.raises(ValueError, match="preset: 'mmf' → 'pocket'"):
        mmbt_grid(grid, out=tmp_path / "out", check=True)


def test_finished_trainings_need_no_model_any_more(tmp_path: Path) -> None:
    grid = {"train": ["train"], "test": ["train"], "settings": {"text_model": "./bert"}}
    grid |= {"runs": [{"name": "human"}]}
    write_set(tmp_path / "train", colour_rows(3))
    with pytest.raises(ValueError, match="bert"):
        mmbt_grid(write_grid(tmp_path, **grid), out=tmp_path / "out", check=True)
    splits = check_splits([tmp_path / "train"], None, [tmp_path / "train"])
    found = read_grid(tmp_path / "grid.json")
    folder = tmp_path / "out/human/seed-0"
    folder.mkdir(parents=True)
    RunFolder(folder).begin(request_of(found, found.runs[0], splits).identity())
    (folder / "training.json").write_text("{}")
    mmbt_grid(tmp_path / "grid.json", out=tmp_path / "out", check=True)
