"""The training loop of one MMBT worker: epochs, thawing, early stopping, the best epoch's answers."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from actors.base import row_seed
from trainers.loop.trainee import Diverged, Place
from trainers.mmbt.batches import Batch, Inputs
from trainers.mmbt.course import learning_rate, parameter_groups, part_of, trains
from trainers.mmbt.figures import dev_figures
from trainers.mmbt.prepared import DEV
from trainers.mmbt.settings import ALWAYS
from trainers.mmbt.steps import Step, steps_of_epoch
from trainers.mmbt.training import Training, begin, save_state

if TYPE_CHECKING:
    from trainers.mmbt.run import MmbtRun

READY_BATCHES = 3  # decoded ahead of the model


def train(run: MmbtRun, place: Place) -> None:
    """Trains to the end; rank 0 leaves the answers of the best epoch in `run.answers`, and before that its
    weights in `run.trained` when the run keeps them.

    Raises:
        Diverged: the loss became infinite or not a number.
        Superseded: a newer start of the run owns the folder.
    """
    if run.answers.is_file():
        return
    state = begin(run, place)
    try:
        _epochs(state)
        _finish(state)
    finally:
        if state.board is not None:
            state.board.close()


def _epochs(state: Training) -> None:
    saved = time.monotonic()
    while state.course.over(state.settings, state.total) is None:
        _freeze(state)
        for step, batches in planned(state):
            wants = _step(state, step, batches, time.monotonic() - saved > state.settings.checkpoint_s)
            epoch_ends = state.course.step >= state.total or state.course.step_in_epoch == _steps(state)
            if epoch_ends:
                _end_epoch(state)
            if wants and state.run.checkpointed:
                save_state(state)
                saved = time.monotonic()
            if epoch_ends:
                break


def _freeze(state: Training) -> None:
    """Lets only those parts require gradients that train in this epoch."""
    moving = state.engine.trained_names()
    for name, parameter in state.module.named_parameters():
        parameter.requires_grad_(name in moving and trains(part_of(name), state.course.epoch, state.settings))


def _frozen_pictures(state: Training) -> bool:
    return not trains("image", state.course.epoch, state.settings)


def _steps(state: Training) -> int:
    return -(-len(state.train.split) // state.settings.batch_size)


def planned(state: Training) -> Iterator[tuple[Step, Iterator[Batch]]]:
    """The rest of the epoch's steps and this worker's batches, READY_BATCHES of them made ahead, those of the
    next step too. Each step's batches have to be taken before the next step."""
    course, settings = state.course, state.settings
    first = course.step - course.step_in_epoch
    steps = steps_of_epoch(
        state.train.lengths, settings, course.epoch, workers=state.place.workers, first=first
    )[course.step_in_epoch :]
    frozen, rank = _frozen_pictures(state), state.place.rank

    def batch(rows: list[int], spare: int) -> Batch:
        return state.train.batch(rows or [spare], state.model, state.pictures, frozen=frozen, used=bool(rows))

    calls = (partial(batch, rows, step.rows[0]) for step in steps for rows in step.parts[rank])
    with ThreadPoolExecutor(1) as pool:
        batches = _ahead(calls, pool)
        for step in steps:
            yield step, islice(batches, len(step.parts[rank]))


def _ahead(calls: Iterable[Callable[[], Batch]], pool: ThreadPoolExecutor) -> Iterator[Batch]:
    """What the calls return, in order."""
    waiting: deque[Future[Batch]] = deque()
    for call in calls:
        waiting.append(pool.submit(call))
        if len(waiting) > READY_BATCHES:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _step(state: Training, step: Step, batches: Iterator[Batch], due: bool) -> bool:
    """Takes the step; returns whether rank 0 finds that a checkpoint is `due`."""
    state.module.train()
    state.model.module.image_features.eval()  # its batch statistics stay the pretrained ones
    # Dropout follows from the step, so a resumed run draws what an uninterrupted one would.
    torch.manual_seed(row_seed(state.settings.seed, f"{step.number}/{state.place.rank}"))
    mass = float(state.masses[step.rows].sum())
    told = torch.zeros(2, dtype=torch.float64)
    told[1] = float(due and state.place.rank == 0)
    last = len(step.parts[state.place.rank]) - 1
    for number, batch in enumerate(batches):
        loss = state.engine.loss(batch)
        told[0] += loss.detach().double().cpu()
        state.engine.backward(loss * (state.place.workers / mass), last=number == last)
    rate = learning_rate(step.number, state.total, state.settings) * state.course.factor
    norm = state.engine.step(_rates(state, rate))
    if state.distributed:
        told = told.to(state.model.device)
        torch.distributed.all_reduce(told)
    total = float(told[0])
    if not math.isfinite(total):
        raise Diverged(f"the loss of step {step.number} is {total / mass}; lower --learning-rate")
    state.course = state.course.after_step(total, mass)
    if state.place.rank == 0:
        state.run.show(state.course, state.total)
    if state.board is not None:
        state.board.add(step.number, {"loss": total / mass, "learning_rate": rate, "grad_norm": norm})
    return bool(told[1])


def _rates(state: Training, rate: float) -> list[float]:
    """The rate of every parameter group; that of a frozen one is 0."""
    groups = parameter_groups(state.engine.trained_names())
    return [rate * trains(part, state.course.epoch, state.settings) for part, _, _ in groups]


def _end_epoch(state: Training) -> None:
    course, logits = state.course, _logits(state, DEV, autocast=state.settings.autocast)
    figures = dev_figures(logits, state.judged[DEV].split, multi_label=state.prepared.multi_label)
    wanted = state.settings.stop_on(multi_label=state.prepared.multi_label)
    judged = figures[wanted]
    stop_on = "loss" if judged is None else wanted  # AUROC of a dev set with one class is undefined
    figure = -float(figures["loss"] or 0.0) if stop_on == "loss" else float(figures[stop_on] or 0.0)
    point = {
        "epoch": course.epoch,
        "step": course.step,
        "train_loss": course.loss / course.mass,
        "learning_rate": learning_rate(course.step - 1, state.total, state.settings) * course.factor,
        "frozen": [
            part for part in ("image", "text", "words") if not trains(part, course.epoch, state.settings)
        ],
        "stop_on": stop_on,
        **{f"dev_{name}": value for name, value in figures.items()},
    }
    if state.board is not None:  # at the epoch's last step, which a run that resumes after it keeps
        state.board.add(course.step - 1, {f"dev/{name}": value for name, value in figures.items()})
    state.course = course.after_epoch(figure, point, state.settings)
    if state.course.best_epoch == course.epoch:
        state.best = state.engine.trained()
    if state.place.rank == 0:
        state.run.write_curve(state.course)


def _logits(state: Training, name: str, *, autocast: bool) -> NDArray[np.float32]:
    """`[n, classes]` of a split under the model as it stands, the same on every worker."""
    if name not in state.judged:
        state.judged[name] = Inputs.of(state.prepared.split(name), state.model, state.pictures)
    inputs = state.judged[name]
    mine = range(state.place.rank, len(inputs.split), state.place.workers)
    found = np.zeros((len(inputs.split), len(state.prepared.classes)), np.float32)
    frozen = _best_is_frozen(state)
    device = state.model.device.type
    with torch.autocast(device, dtype=torch.bfloat16, enabled=autocast):
        found[list(mine)] = inputs.logits(list(mine), state.model, state.pictures, frozen=frozen)
    if not state.distributed:
        return found
    shared = torch.from_numpy(found).to(state.model.device)
    torch.distributed.all_reduce(shared)
    return shared.cpu().numpy()


def _best_is_frozen(state: Training) -> bool:
    """Whether the backbone is still the pretrained one."""
    return state.settings.freeze_image == ALWAYS or state.course.epoch < state.settings.freeze_image


def _finish(state: Training) -> None:
    """Puts the best weights back and answers dev and test rows with them."""
    with torch.no_grad():
        for name, parameter in state.module.named_parameters():
            if name in state.best:
                parameter.copy_(state.best[name])
    names = [DEV, *(f"test/{name}" for name in state.prepared.tests)]
    answers = {name: _logits(state, name, autocast=False) for name in names}
    if state.place.rank == 0:
        state.run.write_results(state.course, answers, state.best, state.total)
    if state.distributed:
        torch.distributed.barrier()
