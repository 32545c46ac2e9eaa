from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_trainee import TinyTrainee, build, tiny_job

from trainers.loop.checkpoint import Superseded, claim, latest
from trainers.loop.examples import Examples
from trainers.loop.metrics import read_metrics
from trainers.loop.step_plans import plan_steps
from trainers.loop.train import READY_BATCHES, train
from trainers.loop.trainee import Diverged, Example, Place

OLDER = Path(__file__).parents[2] / "fixtures" / "before_the_move"


def test_the_loss_falls_and_every_row_is_seen_once_an_epoch(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, epochs=6)
    train(job, Place())
    steps = read_metrics(job.metrics)
    assert sum(step.rows for step in steps) == 6 * 40
    assert steps[-1].loss < steps[0].loss - 0.3


def test_only_trained_parameters_are_written_and_frozen_ones_are_bit_identical(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    kept: list[TinyTrainee] = []

    def remembered(settings):
        kept.append(build(settings))
        return kept[-1]

    train(type(job)(job.out, job.session, job.settings, remembered), Place())
    trained, fresh = load_file(job.trained), build(job.settings).module
    assert set(trained) == {"body.weight", "body.bias", "head.weight", "head.bias"}
    assert not torch.equal(trained["head.weight"], fresh.head.weight)
    assert torch.equal(kept[0].module.embedding.weight, fresh.embedding.weight)


def test_a_run_cut_off_between_checkpoints_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole = tiny_job(tmp_path / "whole")
    train(whole, Place())

    class Cut(KeyboardInterrupt):
        pass

    def stopping(settings):
        trainee = build(settings)
        calls = iter(range(1000))

        def stop(module, arguments):
            if next(calls) == 18:
                raise Cut

        trainee.module.register_forward_pre_hook(stop)
        return trainee

    cut = tiny_job(tmp_path / "cut")
    with pytest.raises(Cut):
        train(type(cut)(cut.out, cut.session, cut.settings, stopping), Place())
    assert 0 < latest(cut.checkpoints)[1].step < len(read_metrics(cut.metrics))
    train(tiny_job(tmp_path / "cut"), Place())
    for name, value in load_file(whole.trained).items():
        assert torch.equal(value, load_file(cut.trained)[name])
    losses = [[step.loss for step in read_metrics(job.metrics)] for job in (whole, cut)]
    assert losses[0] == losses[1]


def test_a_checkpoint_from_before_the_rooms_were_built_ends_with_the_same_losses(tmp_path: Path) -> None:
    out = tmp_path / "run"
    shutil.copytree(OLDER / "checkpoint", out)
    before = read_metrics(out / "metrics.jsonl")
    job = tiny_job(out, "second")
    assert latest(job.checkpoints)[1].step == 4
    train(job, Place())
    steps = read_metrics(job.metrics)
    assert steps[:4] == before[:4]  # seconds too: they were not done again
    assert steps[4].seconds != before[4].seconds
    whole = [step.loss for step in read_metrics(OLDER / "whole.jsonl")]
    assert [step.loss for step in steps] == pytest.approx(whole, abs=1e-6)


def test_micro_batches_do_not_change_the_gradient(tmp_path: Path) -> None:
    losses = []
    for budget in (32, 400):
        job = tiny_job(tmp_path / str(budget), tokens_per_micro_batch=budget)
        train(type(job)(job.out, job.session, job.settings, without_dropout), Place())
        losses.append([step.loss for step in read_metrics(job.metrics)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_next_steps_batches_are_made_while_a_step_of_many_is_computed(tmp_path: Path) -> None:
    job = tiny_job(tmp_path, tokens_per_micro_batch=32)
    first = next(iter(plan_steps(Examples(job.prepared), job.settings, 1)))
    batches = len(first.parts[0])
    assert batches > READY_BATCHES
    made, seen = threading.Semaphore(0), []

    def watched(settings):
        trainee = build(settings)
        collate = trainee.collate

        def counted(examples):
            made.release()
            return collate(examples)

        def wait(module, arguments):
            seen.append(len(seen) + 1 != batches or all(made.acquire(timeout=5) for _ in range(batches + 1)))

        trainee.collate = counted
        trainee.module.register_forward_pre_hook(wait)
        return trainee

    train(type(job)(job.out, job.session, job.settings, watched), Place())
    assert len(seen) > batches and all(seen)


def without_dropout(settings):
    trainee = build(settings)
    trainee.module.dropout.p = 0.0
    return trainee


def test_a_loss_that_is_no_number_stops_the_run(tmp_path: Path) -> None:
    with pytest.raises(Diverged, match="lower --learning-rate"):
        train(tiny_job(tmp_path, learning_rate=float("inf")), Place())


def test_workers_of_an_earlier_start_write_no_checkpoint(tmp_path: Path) -> None:
    old = tiny_job(tmp_path)
    claim(tiny_job(tmp_path, "newer"))
    with pytest.raises(Superseded, match="newer"):
        train(old, Place())
    assert latest(old.checkpoints) is None


OWN_TRAINER = """
import torch
from trainers.loop.examples import write_examples
from trainers.loop.launch import WorkerFlags
from trainers.loop.train import train_to_the_end
from trainers.loop.trainee import Job
from trainers.rewriter.presets import POCKET_REWRITER

class Follower(torch.nn.Embedding):  # learns which id follows which
    module = property(lambda self: self)
    def forward(self, ids):
        return torch.nn.functional.cross_entropy(super().forward(ids[:-1]), ids[1:], reduction="sum")
    def collate(self, examples):
        return torch.cat([torch.tensor(example.ids) for example in examples])

def follower(examples, out, workers=WorkerFlags(workers=0)):
    write_examples([examples], out / "prepared")
    train_to_the_end(Job(out, "first", POCKET_REWRITER, lambda settings: Follower(50, 50)), workers)
"""


def test_a_trainer_of_ones_own_takes_fifteen_lines(tmp_path: Path) -> None:
    assert sum(bool(line.strip()) for line in OWN_TRAINER.splitlines()) <= 15
    own: dict[str, Any] = {}
    exec(compile(OWN_TRAINER, "own_trainer.py", "exec"), own)
    examples = [Example(str(number), (1, 2 + number % 3, 9), ((1, 3),)) for number in range(64)]
    own["follower"](examples, tmp_path)
    assert [step.rows for step in read_metrics(tmp_path / "metrics.jsonl")] == [32, 32]
    assert set(load_file(tmp_path / "trained.safetensors")) == {"weight"}
    before = (tmp_path / "trained.safetensors").stat().st_mtime_ns
    own["follower"](examples, tmp_path)
    assert (tmp_path / "trained.safetensors").stat().st_mtime_ns == before
