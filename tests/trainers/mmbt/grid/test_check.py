"""`trainers mmbt-grid --check`: what is wrong with a grid, before a row is labelled or read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mmbt_sets import colour_rows, write_set

from pipelines.engine.run_folder import RunFolder
from trainers.mmbt.grid.grid_file import read_grid
from trainers.mmbt.grid.runs import request_of
from trainers.mmbt.grid.verb import mmbt_grid
from trainers.mmbt.request import check_sources


def write_grid(root: Path, **grid: Any) -> Path:
    file = root / "grid.json"
    file.write_text(json.dumps(grid))
    return file


def test_a_sound_grid_without_runs_passes_and_nothing_is_written(tmp_path: Path) -> None:
    write_set(tmp_path / "train", colour_rows(3))
    grid = write_grid(tmp_path, train=["train"], test=["train"], settings={"epochs": 2})
    mmbt_grid(grid, out=tmp_path / "out", check=True)
    mmbt_grid(write_grid(tmp_path, settings={"epochs": 2}), out=tmp_path / "out", check=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ({"settings": {"image_model": "resnet512"}}, "image model 'resnet512' is not known"),
        ({"settings": {"text_model": "./gone"}}, "gone"),
        ({"settings": {"image_tokens": 5, "max_text_tokens": 509}}, "this BERT takes 1 to 507"),
        ({"classes": ["a", "b", "a"]}, "classes name one twice"),
        ({"train": ["train"], "classes": ["a"]}, "classes name 'a' alone"),
        ({"train": ["gone"]}, "gone"),
        ({"runs": [{"name": "a", "labels": "gone.parquet"}]}, "there is no label table"),
    ],
)
def test_what_cannot_be_trained_is_named(tmp_path: Path, grid: dict[str, Any], words: str) -> None:
    write_set(tmp_path / "train", colour_rows(3))
    with pytest.raises(ValueError, match=words):
        mmbt_grid(write_grid(tmp_path, **grid), out=tmp_path / "out", check=True)


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
    sources = check_sources([tmp_path / "train"], None, [tmp_path / "train"])
    found = read_grid(tmp_path / "grid.json")
    folder = tmp_path / "out/human/seed-0"
    folder.mkdir(parents=True)
    RunFolder(folder).begin(request_of(found, found.runs[0], sources).identity())
    (folder / "training.json").write_text("{}")
    mmbt_grid(tmp_path / "grid.json", out=tmp_path / "out", check=True)


def test_the_check_needs_neither_torch_nor_ray(tmp_path: Path) -> None:
    write_set(tmp_path / "train", colour_rows(3))
    grid = write_grid(tmp_path, train=["train"], test=["train"])
    script = (
        f"import sys, trainers.__main__ as m\n"
        f"assert m.main(['mmbt-grid', {str(grid)!r}, '--out', 'out', '--check']) == 0\n"
        "assert not {'torch', 'ray', 'transformers'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "can be trained" in done.stdout
