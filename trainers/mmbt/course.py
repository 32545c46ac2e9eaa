"""Schedule and state of a training: rows and rate per step, frozen parts, best epoch, early stopping."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from actors.base import row_seed
from trainers.mmbt.settings import ALWAYS, MmbtSettings

Part = Literal["image", "text", "words", "head"]
PARTS: tuple[Part, ...] = ("head", "text", "words", "image")
# BERT's pooler trains from the start, as published: `freeze_txt` stops its encoder alone.
PREFIXES: dict[str, Part] = {
    "mmbt.image_features.": "image",
    "mmbt.bert.encoder.": "text",
    "mmbt.bert.embeddings.": "words",
}
UNDECAYED = ("bias", "LayerNorm.weight")


@dataclass(frozen=True)
class Course:
    """The state of a training between two steps, all of it plain JSON.

    `loss` and `mass` are sums over the epoch's steps so far; `curve` has a dict per finished epoch.
    """

    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    loss: float = 0.0
    mass: float = 0.0
    factor: float = 1.0
    best: float | None = None
    best_loss: float = 0.0
    best_epoch: int = -1
    since_best: int = 0
    since_lower: int = 0
    curve: tuple[dict[str, Any], ...] = ()

    def after_step(self, loss: float, mass: float) -> Course:
        """The state after one more step, with summed loss `loss` and summed row weights `mass`."""
        return replace(
            self,
            step=self.step + 1,
            step_in_epoch=self.step_in_epoch + 1,
            loss=self.loss + loss,
            mass=self.mass + mass,
        )

    def after_epoch(self, figure: float, point: dict[str, Any], settings: MmbtSettings) -> Course:
        """The state after an epoch with dev `figure`, larger = better; `point` goes into the curve, and its
        dev loss decides between equal figures, of which small dev sets have many."""
        loss = float(point["dev_loss"])
        better = self.best is None or (figure, -loss) > (self.best, -self.best_loss)
        still = 0 if better else self.since_lower + 1
        lower = still > settings.plateau_patience and settings.plateau_factor < 1
        return replace(
            self,
            epoch=self.epoch + 1,
            step_in_epoch=0,
            loss=0.0,
            mass=0.0,
            factor=self.factor * (settings.plateau_factor if lower else 1.0),
            best=figure if better else self.best,
            best_loss=loss if better else self.best_loss,
            best_epoch=self.epoch if better else self.best_epoch,
            since_best=0 if better else self.since_best + 1,
            since_lower=0 if lower else still,
            curve=(*self.curve, point),
        )

    def over(self, settings: MmbtSettings, total: int) -> str | None:
        """Why the training ends here; None while it goes on."""
        if self.since_best >= settings.patience:
            return f"no better for {self.since_best} epochs"
        if self.epoch >= settings.epochs:
            return f"all {settings.epochs} epochs done"
        return f"all {total} steps done" if self.step >= total else None


def total_steps(rows: int, settings: MmbtSettings) -> int:
    """Optimizer steps of a training that never stops early; the remainder of an epoch is a step too."""
    steps = -(-rows // settings.batch_size) * settings.epochs
    return steps if settings.max_steps is None else min(steps, settings.max_steps)


def learning_rate(step: int, total: int, settings: MmbtSettings) -> float:
    """The rate of step `step` (from 0): a straight rise, then a straight fall to 0 after the last one."""
    warmup = settings.warmup * total if settings.warmup < 1 else min(settings.warmup, total / 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    return settings.learning_rate * (total - step) / max(1.0, total - warmup)


def part_of(name: str) -> Part:
    """Which part of the model a parameter belongs to."""
    return next((part for prefix, part in PREFIXES.items() if name.startswith(prefix)), "head")


def trains(part: Part, epoch: int, settings: MmbtSettings) -> bool:
    """Whether `part` moves in `epoch`."""
    thaws = {
        "head": 0,
        "image": settings.freeze_image,
        "text": settings.freeze_text,
        "words": settings.freeze_words,
    }[part]
    return thaws != ALWAYS and epoch >= thaws


def parameter_groups(names: Sequence[str]) -> list[tuple[Part, bool, list[str]]]:
    """Part, whether weight decay applies, and names of every group that has any, in a fixed order."""
    groups = [
        (part, decays, [n for n in names if part_of(n) == part and n.endswith(UNDECAYED) != decays])
        for part in PARTS
        for decays in (True, False)
    ]
    return [group for group in groups if group[2]]


@dataclass(frozen=True)
class Step:
    """An optimizer step: `parts` are row numbers by worker and micro-batch, which may be empty where there
    are more workers than rows."""

    number: int
    parts: list[list[list[int]]]

    @property
    def rows(self) -> list[int]:
        """All rows of the step."""
        return [row for part in self.parts for batch in part for row in batch]


def steps_of_epoch(
    lengths: Sequence[int], settings: MmbtSettings, epoch: int, *, workers: int, first: int
) -> list[Step]:
    """The epoch's steps, numbered from `first`; its last step is smaller where the rows do not fill it.

    The order of rows follows from seed and epoch. Rows of like length share a micro-batch.
    """
    order = np.random.default_rng(row_seed(settings.seed, f"epoch/{epoch}")).permutation(len(lengths))
    size = settings.batch_size
    cuts = [[int(row) for row in order[start : start + size]] for start in range(0, len(order), size)]
    return [
        Step(first + number, _shared(sorted(rows, key=lambda row: (-lengths[row], row)), settings, workers))
        for number, rows in enumerate(cuts)
    ]


def _shared(rows: list[int], settings: MmbtSettings, workers: int) -> list[list[list[int]]]:
    """Per worker the same number of micro-batches, all of nearly the same size."""
    rounds = -(-len(rows) // (settings.micro_batch_size * workers))
    cuts = np.array_split(np.array(rows), rounds * workers)
    return [[[int(row) for row in cut] for cut in cuts[worker::workers]] for worker in range(workers)]
