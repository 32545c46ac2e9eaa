"""Training on two real workers, killed and not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file
from tiny_trainee import tiny_job

from trainers.loop.checkpoint import check_claim, check_engine, claim, latest
from trainers.loop.launch import TrainingStopped, WorkerFlags, launch
from trainers.loop.metrics import read_metrics
from trainers.loop.train import train
from trainers.loop.trainee import Job

ROOT = Path(__file__).parents[3]
TWO = WorkerFlags(workers=2, cpus=1, gpus=0)
STEPS = 40  # of the script's run


def start(out: Path, zero: int) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests/support")])
    return subprocess.Popen(
        [sys.executable, str(ROOT / "tests/support/train_tiny.py"), str(out), str(zero)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
    )


def wait_for_step(out: Path, step: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        steps = read_metrics(out / "metrics.jsonl")
        if steps and steps[-1].step >= step:
            return
        time.sleep(0.1)
    raise AssertionError(f"step {step} was not reached; exit code {process.poll()}")


def training_workers(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """The processes of this run that hold a model."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child for child in children if "RayTrainWorker" in " ".join(child.cmdline())]


def losses(out: Path) -> list[float]:
    return [step.loss for step in read_metrics(out / "metrics.jsonl")]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script's run, ZeRO-2, left alone."""
    out = tmp_path_factory.mktemp("undisturbed")
    assert start(out, 2).wait(300) == 0
    assert len(losses(out)) == STEPS
    return out


@pytest.mark.slow
def test_a_killed_worker_changes_nothing(undisturbed: Path, tmp_path: Path) -> None:
    process = start(tmp_path, 2)
    wait_for_step(tmp_path, 14, process)
    victims = training_workers(process)
    assert len(victims) == 2
    victims[1].send_signal(signal.SIGKILL)
    assert process.wait(300) == 0
    assert_same(tmp_path, undisturbed)


@pytest.mark.slow
def test_a_killed_driver_changes_nothing_after_the_same_command(undisturbed: Path, tmp_path: Path) -> None:
    process = start(tmp_path, 2)
    wait_for_step(tmp_path, 14, process)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    reached = latest(tmp_path / "checkpoints")
    assert reached is not None and 0 < reached[1].step < STEPS
    with pytest.raises(ValueError, match="go on with --workers 2"):
        check_engine(tmp_path, tmp_path / "checkpoints", workers=1, zero=2)
    assert start(tmp_path, 2).wait(300) == 0
    assert_same(tmp_path, undisturbed)


def assert_same(out: Path, other: Path) -> None:
    assert losses(out) == losses(other)
    weights = load_file(other / "trained.safetensors")
    for name, value in load_file(out / "trained.safetensors").items():
        assert torch.equal(value, weights[name])


@pytest.mark.slow
@pytest.mark.parametrize("zero", [0, 1, 3])
def test_every_zero_stage_ends_where_zero_2_does(zero: int, undisturbed: Path, tmp_path: Path) -> None:
    assert start(tmp_path, zero).wait(300) == 0
    assert losses(tmp_path) == pytest.approx(losses(undisturbed), rel=1e-4)


@pytest.mark.slow
def test_two_workers_in_bf16_learn_and_a_diverged_loss_stops_them_at_once(tmp_path: Path) -> None:
    job = tiny_job(tmp_path / "good", precision="bf16", zero=2, epochs=4)
    launch(job, train, TWO)
    found = losses(job.out)
    assert len(found) == 20 and found[-1] < found[0]
    bad = tiny_job(tmp_path / "bad", learning_rate=float("inf"))
    with pytest.raises(TrainingStopped, match="lower --learning-rate"):
        launch(bad, train, TWO)


def test_in_process_a_diverged_loss_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(TrainingStopped, match="lower --learning-rate"):
        launch(tiny_job(tmp_path, learning_rate=float("inf")), train, WorkerFlags(workers=0))


def test_a_finished_run_is_not_trained_again_and_needs_no_workers(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    launch(job, train, WorkerFlags(workers=0))
    before = job.trained.read_bytes()
    again = Job(job.out, job.session, job.settings, job.build)
    launch(again, train, WorkerFlags(workers=0))
    assert again.trained.read_bytes() == before


@pytest.mark.slow
def test_a_relative_out_lies_where_the_run_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray Train moves its workers to a folder of their own."""
    monkeypatch.chdir(tmp_path)
    launch(tiny_job(Path("out"), epochs=1, zero=0), train, WorkerFlags(workers=1, cpus=1, gpus=0))
    assert len(losses(tmp_path / "out")) == 5 and (tmp_path / "out/trained.safetensors").is_file()


def test_from_its_launch_on_a_run_is_the_one_that_may_write_checkpoints(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, "first")
    claim(tiny_job(tmp_path, "second"))
    launch(job, lambda run, place: check_claim(run), WorkerFlags(workers=0))
