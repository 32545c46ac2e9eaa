"""MMBT on real workers, killed and not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from mmbt_sets import small_run, small_settings
from safetensors.torch import load_file

from trainers.loop.checkpoint import latest
from trainers.loop.launch import WorkerFlags, launch
from trainers.mmbt.loop import train

ROOT = Path(__file__).parents[3]
STEPS = 24  # of the script's run


def start(root: Path, out: Path, workers: int) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/support")])
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/support/train_mmbt.py"), str(root), str(out), str(workers)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
    )


def wait_for_step(out: Path, step: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        found = latest(out / "checkpoints")
        if found is not None and found[1].step >= step:
            return
        time.sleep(0.1)
    raise AssertionError(f"step {step} was not reached; exit code {process.poll()}")


def assert_same(out: Path, other: Path) -> None:
    assert (out / "metrics.jsonl").read_text() == (other / "metrics.jsonl").read_text()
    weights = load_file(other / "trained.safetensors")
    for name, value in load_file(out / "trained.safetensors").items():
        assert torch.equal(value, weights[name]), name
    answers = np.load(other / "answers.npz")
    assert all(np.array_equal(answers[name], found) for name, found in np.load(out / "answers.npz").items())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sets and BERT, and in `two` the script's run on two workers, left alone."""
    folder = tmp_path_factory.mktemp("mmbt-workers")
    assert start(folder, folder / "two", 2).wait(400) == 0
    assert len((folder / "two/metrics.jsonl").read_text().splitlines()) == 6
    return folder


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(root: Path, tmp_path: Path) -> None:
    process = start(root, tmp_path / "out", 2)
    wait_for_step(tmp_path / "out", 10, process)
    children = psutil.Process(process.pid).children(recursive=True)
    victims = [child for child in children if "RayTrainWorker" in " ".join(child.cmdline())]
    assert len(victims) == 2
    victims[1].send_signal(signal.SIGKILL)
    assert process.wait(400) == 0
    assert_same(tmp_path / "out", root / "two")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_a_killed_driver_changes_nothing_after_the_same_command(
    root: Path, tmp_path: Path, workers: int
) -> None:
    process = start(root, tmp_path / "out", workers)
    wait_for_step(tmp_path / "out", 10, process)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    found = latest(tmp_path / "out/checkpoints")
    assert found is not None and 0 < found[1].step < STEPS
    assert start(root, tmp_path / "out", workers).wait(400) == 0
    if workers == 0:
        assert start(root, tmp_path / "whole", 0).wait(400) == 0
    assert_same(tmp_path / "out", root / "two" if workers else tmp_path / "whole")


@pytest.mark.slow
@pytest.mark.parametrize("zero", [0, 1])
def test_one_worker_with_deepspeed_starts_as_a_process_alone_does(tmp_path: Path, zero: int) -> None:
    settings = small_settings(tmp_path, epochs=1, zero=zero, freeze_image=-1, freeze_words=-1)
    losses = []
    for workers in (0, 1):
        run = small_run(tmp_path, tmp_path / str(workers), settings)
        launch(replace(run, settings=settings), train, WorkerFlags(workers=workers, cpus=1, gpus=0))
        losses.append(json.loads(run.metrics.read_text().splitlines()[0])["train_loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
