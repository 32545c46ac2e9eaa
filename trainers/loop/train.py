"""The loop that trains a Trainee on prepared examples: one worker of it, and all of them to the end."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import torch

from actors.base import row_seed
from trainers.loop.checkpoint import CheckpointState, engine_name, latest, save
from trainers.loop.engines import engine_of, save_weights, sum_over_workers, wait_for_all
from trainers.loop.examples import Examples
from trainers.loop.launch import WorkerFlags, launch
from trainers.loop.metrics import MetricsLog, StepMetrics, progress_line, progress_shown, read_metrics
from trainers.loop.settings import learning_rate_at
from trainers.loop.step_plans import StepPlan, plan_steps, schedule_of
from trainers.loop.trainee import Diverged, Job, Place, Trainee

READY_BATCHES = 4  # decoded ahead of the model
logger = logging.getLogger(__name__)
T = TypeVar("T")


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
    with progress_shown(lambda: progress_line(read_metrics(job.metrics), total)):
        launch(job, train, workers)


def train(job: Job, place: Place) -> None:
    """Trains from the newest checkpoint, or the beginning, to the end; then rank 0 writes
    `trained.safetensors`. A run whose last step is done trains nothing more.

    Raises:
        Diverged: the loss became infinite or not a number.
        Superseded: a newer start of the run owns the folder.
    """
    distributed = torch.distributed.is_initialized()
    examples = Examples(job.prepared)
    trainee = job.build(job.settings)
    most = 1
    if distributed:
        most = max(len(plan.parts[0]) for plan in plan_steps(examples, job.settings, place.workers))
    engine = engine_of(trainee.module, job.settings, place, most_micro_batches=most)
    start, newest = 0, latest(job.checkpoints)
    if newest is not None:
        engine.load(newest[0])
        start = newest[1].step
    total = schedule_of(examples, job.settings).num_steps
    log = MetricsLog(job, start) if place.rank == 0 else None
    name = engine_name(place.workers if distributed else 0, job.settings.zero)
    began = time.perf_counter()
    for plan, batches in _plans_and_batches(job, place, trainee, examples, start):
        # Dropout follows from the step, so a resumed run draws what an uninterrupted one would.
        torch.manual_seed(row_seed(job.settings.seed, f"{plan.step}/{place.rank}"))
        loss = torch.zeros((), dtype=torch.float64)
        rate = learning_rate_at(plan.step, total, job.settings)
        last = len(plan.parts[place.rank]) - 1
        for number, (batch, real) in enumerate(batches):
            part = engine.loss(batch) * float(real)
            loss += part.detach().double().cpu()
            engine.backward(part * (place.workers / plan.targets), last=number == last)
        norm = engine.step(rate)
        mean = float(sum_over_workers(loss)) / plan.targets
        if not math.isfinite(mean):
            raise Diverged(f"the loss of step {plan.step} is {mean}; lower --learning-rate")
        if log is not None:
            now = time.perf_counter()
            counts = (plan.rows, plan.tokens, plan.padded, plan.targets)
            log.add(StepMetrics(plan.step, mean, rate, norm, *counts, now - began))
            began = now
        next_step = plan.step + 1
        if next_step % job.settings.checkpoint_every == 0 or next_step == total:
            save(job, place, CheckpointState(next_step, place.workers, name), engine.save, wait_for_all)
    weights = engine.trained()
    if place.rank == 0 and log is not None:
        log.close()
        save_weights(weights, job.trained)
    wait_for_all()


def _plans_and_batches(
    job: Job, place: Place, trainee: Trainee, examples: Examples, start: int
) -> Iterator[tuple[StepPlan, Iterator[tuple[Any, bool]]]]:
    """Every step's plan and this worker's batches, READY_BATCHES of them made ahead, those of the next
    step too. Each step's batches have to be taken before the next step.

    The flag beside a batch is False where a worker had no row left and only keeps the others company.
    """

    def batch(rows: list[int], spare: int) -> tuple[Any, bool]:
        return trainee.collate([examples[row] for row in rows or [spare]]), bool(rows)

    plans = list(plan_steps(examples, job.settings, place.workers, start))
    calls = (partial(batch, rows, plan.parts[0][0][0]) for plan in plans for rows in plan.parts[place.rank])
    with ThreadPoolExecutor(1) as pool:
        batches = made_ahead(calls, pool)
        for plan in plans:
            yield plan, islice(batches, len(plan.parts[place.rank]))


def made_ahead(calls: Iterable[Callable[[], T]], pool: ThreadPoolExecutor) -> Iterator[T]:
    """Results of the calls, in order; up to READY_BATCHES calls run ahead of the consumer."""
    waiting: deque[Future[T]] = deque()
    for call in calls:
        waiting.append(pool.submit(call))
        if len(waiting) > READY_BATCHES:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
