"""The loop that trains a Trainee on prepared examples: one worker of it, and all of them to the end."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from safetensors.torch import save_file

from actors.base import row_seed
from trainers.loop.checkpoint import CheckpointState, engine_name, latest, save
from trainers.loop.engines import DeepSpeedEngine, Engine, PlainEngine, sum_over_workers, wait_for_all
from trainers.loop.examples import Examples
from trainers.loop.launch import WorkerFlags, launch
from trainers.loop.metrics import MetricsLog, StepMetrics, newest_step_shown
from trainers.loop.settings import learning_rate_at
from trainers.loop.step_plans import StepPlan, plan_steps, schedule_of
from trainers.loop.trainee import Diverged, Job, Place, Trainee

READY_BATCHES = 4  # decoded ahead of the model
logger = logging.getLogger(__name__)


def train_to_the_end(job: Job, workers: WorkerFlags) -> None:
    """Trains `job` on the workers and shows how far they are; returns when `job.trained` is there.

    Raises:
        ValueError: the workers do not fit the machine.
        TrainingStopped: the workers gave up.
    """
    if job.trained.is_file():
        return
    total = schedule_of(Examples(job.prepared), job.settings).num_steps
    logger.info("training %d steps with %s workers", total, workers.workers or "no")
    with newest_step_shown(job, total):
        launch(job, train, workers)


def train(job: Job, place: Place) -> None:
    """Trains from the newest checkpoint, or the beginning, to the end; the last worker standing at rank 0
    writes `trained.safetensors`. A run that is finished already returns at once.

    Raises:
        Diverged: the loss became infinite or not a number.
        Superseded: a newer start of the run owns the folder.
    """
    distributed = torch.distributed.is_initialized()
    examples = Examples(job.prepared)
    trainee = job.build(job.settings)
    engine = _engine(job, place, trainee, examples, distributed)
    start = _resume(job, engine)
    total = schedule_of(examples, job.settings).num_steps
    log = MetricsLog(job, start) if place.rank == 0 else None
    name = engine_name(place.workers if distributed else 0, job.settings.zero)
    began = time.perf_counter()
    for plan, batches in _plans_and_batches(job, place, trainee, examples, start):
        # Dropout follows from the step, so a resumed run draws what an uninterrupted one would.
        torch.manual_seed(row_seed(job.settings.seed, f"{plan.step}/{place.rank}"))
        loss = torch.zeros((), dtype=torch.float64)
        rate = learning_rate_at(plan.step, total, job.settings)
        for number, (batch, counts) in enumerate(batches):
            part = engine.loss(batch) * float(counts)
            loss += part.detach().double().cpu()
            engine.backward(part * (place.workers / plan.targets), last=number == len(batches) - 1)
        norm = engine.step(rate)
        mean = float(sum_over_workers(loss)) / plan.targets
        if not math.isfinite(mean):
            raise Diverged(f"the loss of step {plan.step} is {mean}; lower --learning-rate")
        if log is not None:
            now = time.perf_counter()
            log.add(StepMetrics.of(plan, mean, rate, norm, now - began))
            began = now
        done = plan.step + 1
        if done % job.settings.checkpoint_every == 0 or done == total:
            save(job, place, CheckpointState(done, place.workers, name), engine.save, wait_for_all)
    weights = engine.trained()
    if place.rank == 0 and log is not None:
        log.close()
        written = job.trained.with_suffix(".part")
        save_file({key: value.contiguous() for key, value in weights.items()}, written)
        written.replace(job.trained)
    wait_for_all()


def _engine(job: Job, place: Place, trainee: Trainee, examples: Examples, distributed: bool) -> Engine:
    if not distributed:
        return PlainEngine(trainee.module, job.settings)
    most = max(len(plan.parts[0]) for plan in plan_steps(examples, job.settings, place.workers))
    return DeepSpeedEngine(trainee.module, job.settings, place, most_micro_batches=most)


def _resume(job: Job, engine: Engine) -> int:
    newest = latest(job.checkpoints)
    if newest is None:
        return 0
    engine.load(newest[0])
    return newest[1].step


def _plans_and_batches(
    job: Job, place: Place, trainee: Trainee, examples: Examples, start: int
) -> Iterator[tuple[StepPlan, list[tuple[Any, bool]]]]:
    """Every step's plan and this worker's batches, made while the steps before are computed.

    The flag beside a batch is False where a worker had no row left and only keeps the others company.
    """

    def batch(rows: list[int], spare: int) -> tuple[Any, bool]:
        return trainee.collate([examples[row] for row in rows or [spare]]), bool(rows)

    waiting: list[tuple[StepPlan, list[Any]]] = []
    with ThreadPoolExecutor(1) as pool:
        for plan in plan_steps(examples, job.settings, place.workers, start):
            spare = plan.parts[0][0][0]
            waiting.append((plan, [pool.submit(batch, rows, spare) for rows in plan.parts[place.rank]]))
            if len(waiting) > 1 and sum(len(futures) for _, futures in waiting) > READY_BATCHES:
                ready, futures = waiting.pop(0)
                yield ready, [future.result() for future in futures]
        for ready, futures in waiting:
            yield ready, [future.result() for future in futures]
