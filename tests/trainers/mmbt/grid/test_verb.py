"""`trainers mmbt-grid` and its `--check`: what is wrong with a grid, before a row is labelled or read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mmbt_grids import trainable_grid, write_grid
from mmbt_sets import colour_rows, write_set

from trainers.mmbt.grid.verb import mmbt_grid


def test_mistakes_are_named_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="classes name one twice"):
        mmbt_grid(trainable_grid(tmp_path, classes=["food", "food"]), out=tmp_path / "out", workers=0)
    with pytest.raises(ValueError, match="image model 'resnet512' is not known"):
        settings = {"image_model": "resnet512"}
        mmbt_grid(trainable_grid(tmp_path, settings=settings), out=tmp_path / "out", workers=0)
    with pytest.raises(ValueError, match="--address here says nothing with --workers 0"):
        mmbt_grid(trainable_grid(tmp_path), out=tmp_path / "out", workers=0, address="here")
    assert not (tmp_path / "out").exists()


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
