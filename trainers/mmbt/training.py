"""The state of one MMBT worker while it trains, new or from a checkpoint."""

from __future__ import annotations

import dataclasses
import json
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file

from actors.models.mmbt.model import MmbtModel
from pipelines.manifest import write_json
from trainers.loop.checkpoint import CheckpointState, engine_name, latest, save
from trainers.loop.engines import Engine, EngineSettings, Weights, engine_of, save_weights, wait_for_all
from trainers.loop.event_file import EventFile
from trainers.loop.trainee import Place
from trainers.mmbt.batches import Inputs, MmbtLoss, class_weights, row_weights
from trainers.mmbt.course import Course, Step, parameter_groups, part_of, total_steps, trains
from trainers.mmbt.pictures import Pictures, with_tokens
from trainers.mmbt.prepared import DEV, TRAIN, Prepared, read_prepared
from trainers.mmbt.run import COURSE, MmbtRun
from trainers.mmbt.settings import MmbtSettings

BEST = "best.safetensors"
READY_S = 0.5  # between two looks for the first worker's picture tokens


@dataclass
class Training:
    """Model, rows, engine and course of one worker; rank 0 has a `board` (TensorBoard) if the run has one."""

    run: MmbtRun
    place: Place
    prepared: Prepared
    model: MmbtModel
    module: MmbtLoss
    engine: Engine
    pictures: Pictures
    train: Inputs
    row_weights: NDArray[np.float64]
    best: Weights
    course: Course = field(default_factory=Course)
    judged: dict[str, Inputs] = field(default_factory=dict)
    board: EventFile | None = None

    @property
    def settings(self) -> MmbtSettings:
        return self.run.settings

    @property
    def total(self) -> int:
        return total_steps(len(self.train.split), self.settings)

    def step_weight(self, step: Step) -> float:
        """Summed weights of the step's rows, by which its summed loss is divided for the mean."""
        return float(self.row_weights[step.rows].sum())


def begin(run: MmbtRun, place: Place) -> Training:
    """The model, its rows and its engine, as the newest checkpoint left them where there is one."""
    prepared = read_prepared(run.prepared)
    settings = run.settings
    model = run.model(prepared)
    if torch.cuda.is_available():
        model.module.to("cuda")
    split = prepared.split(TRAIN)
    weights = None
    if prepared.multi_label if settings.class_weights is None else settings.class_weights:
        weights = class_weights(split, len(prepared.classes), multi_label=prepared.multi_label)
    as_tensor = None if weights is None else torch.from_numpy(weights).to(model.device)
    module = MmbtLoss(model.module, as_tensor, autocast=settings.autocast)
    names = [TRAIN, DEV, *(f"test/{name}" for name in prepared.tests)]
    pictures = Pictures.of([prepared.split(name).pictures for name in names])
    if settings.freeze_image != 0:
        pictures = shared_tokens(run, place, model, pictures)
    for name, parameter in module.named_parameters():
        parameter.requires_grad_(any(trains(part_of(name), e, settings) for e in (0, settings.epochs - 1)))
    inputs = Inputs.of(split, model, pictures)
    engine = _engine(run, place, module, len(split))
    masses = row_weights(split, weights, multi_label=prepared.multi_label)
    state = Training(run, place, prepared, model, module, engine, pictures, inputs, masses, engine.trained())
    _resume(state)
    if run.tensorboard and place.rank == 0:
        state.board = EventFile(run.out, state.course.step)
    return state


def shared_tokens(run: MmbtRun, place: Place, model: MmbtModel, pictures: Pictures) -> Pictures:
    """The pictures with the frozen backbone's tokens, which one worker computes for all."""
    ready = run.tokens / f"{run.session}.ready"
    if place.rank > 0:
        # Hours may pass here, and a collective operation is given up after half an hour.
        while not ready.is_file():
            time.sleep(READY_S)
    with_stored = with_tokens(model, pictures, run.tokens)
    if place.rank == 0 and place.workers > 1:
        ready.touch()
    return with_stored


def _engine(run: MmbtRun, place: Place, module: MmbtLoss, rows: int) -> Engine:
    optimizer = partial(mmbt_optimizer, eps=run.settings.eps)
    size = min(rows, run.settings.batch_size)
    most = -(-size // (run.settings.micro_batch_size * place.workers))
    return engine_of(module, run.settings, place, most_micro_batches=most, optimizer=optimizer)


def mmbt_optimizer(parameters: Any, settings: EngineSettings, *, eps: float) -> torch.optim.Optimizer:
    """AdamW with a group for every part of the model, and in it one without weight decay."""
    groups = [
        {"params": [parameters[name] for name in names], "weight_decay": settings.weight_decay * decays}
        for _, decays, names in parameter_groups(list(parameters))
    ]
    return torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.999), eps=eps)


def _resume(state: Training) -> None:
    newest = latest(state.run.checkpoints)
    if newest is None:
        return
    folder = newest[0]
    state.engine.load(folder)
    stored = json.loads((folder / COURSE).read_text())
    state.course = Course(**stored | {"curve": tuple(stored["curve"])})
    state.best = load_file(folder / BEST)


def save_state(state: Training) -> None:
    """Writes a checkpoint; every worker calls this."""
    workers = state.place.workers
    name = engine_name(workers if torch.distributed.is_initialized() else 0, state.settings.zero)

    def write(folder: Path) -> None:
        state.engine.save(folder)
        if state.place.rank == 0:
            write_json(folder / COURSE, dataclasses.asdict(state.course))
            save_weights(state.best, folder / BEST)

    save(state.run, state.place, CheckpointState(state.course.step, workers, name), write, wait_for_all)
