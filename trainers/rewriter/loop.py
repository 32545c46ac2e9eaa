"""The training loop of one worker."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from safetensors.torch import save_file

from actors.base import row_seed
from trainers.loop.checkpoint import CheckpointState, engine_name, latest, save
from trainers.loop.engines import DeepSpeedEngine, Engine, PlainEngine
from trainers.loop.metrics import MetricsLog, StepMetrics
from trainers.loop.trainee import Diverged, Job, Place, Trainee
from trainers.rewriter.prepared import Examples
from trainers.rewriter.stages import learning_rate_at
from trainers.rewriter.step_plans import StepPlan, plan_steps, schedule_of

READY_BATCHES = 4  # decoded ahead of the model


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
    log = MetricsLog(job, total, start) if place.rank == 0 else None
    barrier: Callable[[], None] = torch.distributed.barrier if distributed else _nothing
    name = engine_name(place.workers if distributed else 0, job.settings.zero)
    began = time.perf_counter()
    for plan, batches in _planned(job, place, trainee, examples, start):
        # Dropout follows from the step, so a resumed run draws what an uninterrupted one would.
        torch.manual_seed(row_seed(job.settings.seed, f"{plan.step}/{place.rank}"))
        loss = torch.zeros((), dtype=torch.float64)
        rate = learning_rate_at(plan.step, total, job.settings)
        for number, (batch, counts) in enumerate(batches):
            part = engine.loss(batch) * float(counts)
            loss += part.detach().double().cpu()
            engine.backward(part * (place.workers / plan.targets), last=number == len(batches) - 1)
        norm = engine.step(rate)
        mean = _summed(loss, distributed) / plan.targets
        if not math.isfinite(mean):
            raise Diverged(f"the loss of step {plan.step} is {mean}; lower --learning-rate")
        if log is not None:
            now = time.perf_counter()
            log.add(StepMetrics.of(plan, mean, rate, norm, now - began))
            began = now
        done = plan.step + 1
        if done % job.settings.checkpoint_every == 0 or done == total:
            save(job, place, CheckpointState(done, place.workers, name), engine.save, barrier)
    weights = engine.trained()
    if place.rank == 0 and log is not None:
        log.close()
        written = job.trained.with_suffix(".part")
        save_file({key: value.contiguous() for key, value in weights.items()}, written)
        written.replace(job.trained)
    barrier()


def _engine(job: Job, place: Place, trainee: Trainee, examples: Examples, distributed: bool) -> Engine:
    if not distributed:
        return PlainEngine(trainee.module, job.settings)
    most = max(len(plan.parts[0]) for plan in plan_steps(examples, job.settings, place.workers))
    return DeepSpeedEngine(trainee.module, job.settings, place, most_micro_batches=most)


def _resume(job: Job, engine: Engine) -> int:
    found = latest(job.checkpoints)
    if found is None:
        return 0
    engine.load(found[0])
    return found[1].step


def _planned(
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


def _summed(loss: torch.Tensor, distributed: bool) -> float:
    if distributed:
        device = "cuda" if torch.distributed.get_backend() == "nccl" else "cpu"
        loss = loss.to(device)
        torch.distributed.all_reduce(loss)
    return float(loss)


def _nothing() -> None:
    return None
