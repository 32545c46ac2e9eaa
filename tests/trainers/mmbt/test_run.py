"""What a run of MMBT writes for those who wait, and at its end."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from trainers.mmbt.course import Course
from trainers.mmbt.run import COURSE, MmbtRun, progress_line
from trainers.mmbt.settings import POCKET


def run_in(out: Path, **changes: bool) -> MmbtRun:
    out.mkdir(exist_ok=True)
    return MmbtRun(out, "first", POCKET, "pocket", out / "tokens", **changes)


def test_paths_are_absolute_whatever_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = MmbtRun(Path("out"), "first", POCKET, "pocket", Path("out/tokens"))
    assert (run.out, run.tokens, run.answers) == (
        tmp_path / "out", tmp_path / "out/tokens", tmp_path / "out/answers.npz",
    )  # fmt: skip


def test_the_live_line_says_epoch_step_loss_and_the_best_figure(tmp_path: Path) -> None:
    run = run_in(tmp_path / "out")
    assert progress_line(run) is None
    run.show(replace(Course(), step=40, epoch=2, loss=6.0, mass=12.0, best=-0.25), 160)
    assert progress_line(run) == "epoch 3 of at most 6, step 40 of at most 160, loss 0.500, best 0.250"


def test_the_note_is_written_at_most_twice_a_second(tmp_path: Path) -> None:
    run = run_in(tmp_path / "out")
    run.show(replace(Course(), step=1, loss=1.0, mass=1.0), 160)
    run.show(replace(Course(), step=2, loss=1.0, mass=1.0), 160)
    assert json.loads(run.progress.read_text())["step"] == 1
    os.utime(run.progress, (0, 0))
    run.show(replace(Course(), step=3, loss=1.0, mass=1.0), 160)
    assert json.loads(run.progress.read_text())["step"] == 3


@pytest.mark.parametrize("keep", [True, False])
def test_answers_come_last_and_weights_only_where_they_are_kept(keep: bool, tmp_path: Path) -> None:
    run = run_in(tmp_path / "out", keep_weights=keep)
    course = replace(Course(), epoch=6, step=12, curve=({"epoch": 0, "dev_loss": 0.5},))
    logits = np.array([[1.0, 2.0]], np.float32)
    run.write_results(course, {"dev": logits}, {"head": torch.ones(2)}, 12)
    assert np.array_equal(np.load(run.answers)["dev"], logits)
    assert json.loads((run.out / COURSE).read_text())["ended"] == "all 6 epochs done"
    assert json.loads(run.metrics.read_text()) == {"epoch": 0, "dev_loss": 0.5}
    assert run.trained.is_file() is keep
    if keep:
        assert torch.equal(load_file(run.trained)["head"], torch.ones(2))
    assert not list(run.out.glob("*.part"))
