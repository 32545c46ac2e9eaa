"""The training loop of one MMBT worker: epochs, thawing, early stopping, the best epoch's answers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray

from actors.base import row_seed
from trainers.loop.engines import sum_over_workers, wait_for_all
from trainers.loop.train import made_ahead
from trainers.loop.trainee import Diverged, Place
from trainers.mmbt.batches import Batch, Inputs
from trainers.mmbt.course import Step, learning_rate, parameter_groups, part_of, steps_of_epoch, trains
from trainers.mmbt.figures import dev_figures
from trainers.mmbt.prepared import DEV
from trainers.mmbt.run import MmbtRun
from trainers.mmbt.settings import ALWAYS
from trainers.mmbt.training import Training, begin, save_state


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
        moving, epoch = state.engine.trained_names(), state.course.epoch
        for name, parameter in state.module.named_parameters():
            parameter.requires_grad_(name in moving and trains(part_of(name), epoch, state.settings))
        groups = parameter_groups(moving)
        for step, batches in steps_with_batches(state):
            loss = _add_gradients(state, step, batches)
            rate = learning_rate(step.number, state.total, state.settings) * state.course.factor
            rates = [rate * trains(part, epoch, state.settings) for part, _, _ in groups]  # frozen: 0
            norm = state.engine.step(rates)
            due = time.monotonic() - saved > state.settings.checkpoint_s
            total, checkpoint = _over_workers(state, loss, checkpoint_due=due)
            _note(state, step, total, {"learning_rate": rate, "grad_norm": norm})
            steps = -(-len(state.train.split) // state.settings.batch_size)
            epoch_ends = state.course.step >= state.total or state.course.step_in_epoch == steps
            if epoch_ends:
                _end_epoch(state)
            if checkpoint and state.run.checkpointed:
                save_state(state)
                saved = time.monotonic()
            if epoch_ends:
                break


def steps_with_batches(state: Training) -> Iterator[tuple[Step, Iterator[Batch]]]:
    """The rest of the epoch's steps and this worker's batches, READY_BATCHES of them made ahead, those of the
    next step too. Each step's batches have to be taken before the next step."""
    course, settings = state.course, state.settings
    first = course.step - course.step_in_epoch
    steps = steps_of_epoch(
        state.train.lengths, settings, course.epoch, workers=state.place.workers, first=first
    )[course.step_in_epoch :]
    frozen, rank = not trains("image", course.epoch, settings), state.place.rank

    def batch(rows: list[int], spare: int) -> Batch:
        return state.train.batch(rows or [spare], state.model, state.pictures, frozen=frozen, used=bool(rows))

    calls = (partial(batch, rows, step.rows[0]) for step in steps for rows in step.parts[rank])
    with ThreadPoolExecutor(1) as pool:
        batches = made_ahead(calls, pool)
        for step in steps:
            yield step, islice(batches, len(step.parts[rank]))


def _add_gradients(state: Training, step: Step, batches: Iterator[Batch]) -> torch.Tensor:
    """This worker's summed loss of the step, a float64 scalar. Its gradient, divided by the weight of all
    workers' rows, waits in the engine."""
    state.module.train()
    state.model.module.image_features.eval()  # its batch statistics stay the pretrained ones
    # Dropout follows from the step, so a resumed run draws what an uninterrupted one would.
    torch.manual_seed(row_seed(state.settings.seed, f"{step.number}/{state.place.rank}"))
    total = torch.zeros((), dtype=torch.float64)
    weight = state.step_weight(step)
    last = len(step.parts[state.place.rank]) - 1
    for number, batch in enumerate(batches):
        loss = state.engine.loss(batch)
        total += loss.detach().double().cpu()
        state.engine.backward(loss * (state.place.workers / weight), last=number == last)
    return total


def _over_workers(state: Training, loss: torch.Tensor, *, checkpoint_due: bool) -> tuple[float, bool]:
    """The loss summed over the workers, and whether a checkpoint is due by the clock of rank 0, since
    clocks differ and all have to write it at the same step. One exchange for both."""
    due = float(checkpoint_due and state.place.rank == 0)
    total, all_due = sum_over_workers(torch.stack([loss, torch.tensor(due, dtype=torch.float64)])).tolist()
    return total, bool(all_due)


def _note(state: Training, step: Step, loss: float, figures: Mapping[str, float]) -> None:
    """Takes the step's summed loss into the course, and shows mean loss and `figures`.

    Raises:
        Diverged: the loss is infinite or not a number.
    """
    weight = state.step_weight(step)
    if not math.isfinite(loss):
        raise Diverged(f"the loss of step {step.number} is {loss / weight}; lower --learning-rate")
    state.course = state.course.after_step(loss, weight)
    if state.place.rank == 0:
        state.run.show(state.course, state.total)
    if state.board is not None:
        state.board.add(step.number, {"loss": loss / weight, **figures})


def _end_epoch(state: Training) -> None:
    course, logits = state.course, _logits(state, DEV, autocast=state.settings.autocast)
    figures = dev_figures(logits, state.judged[DEV].split, multi_label=state.prepared.multi_label)
    stop_on = state.settings.stop_on(multi_label=state.prepared.multi_label)
    if figures[stop_on] is None:  # AUROC of a dev set with one class is undefined
        stop_on = "loss"
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
    logits = np.zeros((len(inputs.split), len(state.prepared.classes)), np.float32)
    freeze = state.settings.freeze_image
    frozen = freeze == ALWAYS or state.course.epoch < freeze  # the backbone is still the pretrained one
    with torch.autocast(state.model.device.type, dtype=torch.bfloat16, enabled=autocast):
        logits[list(mine)] = inputs.logits(list(mine), state.model, state.pictures, frozen=frozen)
    return sum_over_workers(torch.from_numpy(logits)).cpu().numpy()  # zeros where a row is another's


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
    wait_for_all()
