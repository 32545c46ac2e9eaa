"""`trainers mmbt` from folders to results, in this process."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mmbt_sets import tiny_settings

from trainers.loop.launch import WorkerFlags
from trainers.mmbt.settings import POCKET
from trainers.mmbt.verb import mmbt

HERE = WorkerFlags(workers=0)

Table = dict[str, list[Any]]


def test_the_same_command_again_changes_nothing(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (finished / "out/training.json").read_text()
    training = tiny_settings(finished / "bert", epochs=8)
    mmbt(
        (finished / "train",),
        test=(finished / "test",),
        out=finished / "out",
        training=training,
        workers=HERE,
    )
    said = capsys.readouterr().out
    assert "finished already" in said and "label 'plant' outside the list 1" in said
    assert (finished / "out/training.json").read_text() == before


def test_other_settings_in_the_same_folder_are_refused_by_name(finished: Path) -> None:
    with pytest.raises(ValueError, match="settings.epochs: 8 → 2"):
        mmbt((finished / "train",), test=(finished / "test",), out=finished / "out",
             training=tiny_settings(finished / "bert", epochs=2), workers=HERE)  # fmt: skip


def test_mistakes_are_named_before_anything_is_written(finished: Path, tmp_path: Path) -> None:
    def run(*folders: Path, **changes: Any) -> None:
        mmbt(folders, **({"out": tmp_path / "new", "workers": HERE} | changes))

    with pytest.raises(ValueError, match="no manifest to train on"):
        run()
    with pytest.raises(ValueError, match="is not a folder"):
        run(tmp_path / "nothing")
    with pytest.raises(ValueError, match="given twice"):
        run(finished / "train", finished / "train")
    with pytest.raises(ValueError, match="there is no such file"):
        run(finished / "train", labels=tmp_path / "labels.parquet")
    with pytest.raises(ValueError, match="at least two"):
        run(finished / "train", classes=("food",))
    with pytest.raises(ValueError, match="-1: expected 0"):
        run(finished / "train", workers=WorkerFlags(workers=-1))
    for name, value in (("gpus", 1.0), ("cpus", 2.0), ("address", "here")):
        with pytest.raises(ValueError, match=f"--{name} is for workers of Ray, and --workers is 0"):
            run(finished / "train", workers=WorkerFlags(workers=0, **{name: value}))
    with pytest.raises(ValueError, match="image model 'resnet512' is not known"):
        run(finished / "train", training=replace(POCKET, image_model="resnet512"))
    with pytest.raises(ValueError, match="beside 9 picture tokens this BERT takes 1 to 39"):
        run(finished / "train", training=tiny_settings(finished / "bert", image_tokens=9, max_text_tokens=40))
    assert not (tmp_path / "new").exists()


def test_help_needs_neither_torch_nor_ray() -> None:
    script = (
        "import sys, trainers.__main__ as m\ntry: m.main(['mmbt', '--help'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'ray', 'transformers'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--freeze-image" in done.stdout
