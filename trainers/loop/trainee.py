"""The parts of a training: its run, an example, the model to train, and a worker's rank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from trainers.loop.settings import TrainingSettings

IGNORED = -100  # the label of everything that is not predicted


@dataclass(frozen=True)
class Example:
    """One sequence: `targets` are the half-open ranges of `ids` that are predicted, one per answer.

    A rewriter's row has one answer; a chat of several turns has several. A range never begins at 0,
    since something has to be read first. `images` are absolute paths.
    """

    id: str
    ids: tuple[int, ...]
    targets: tuple[tuple[int, int], ...]
    images: tuple[str, ...] = ()

    @property
    def num_targets(self) -> int:
        """How many of the ids are predicted."""
        return sum(end - start for start, end in self.targets)

    def labels(self) -> list[int]:
        """The ids inside `targets`, IGNORED elsewhere; same length as `ids`."""
        labels = [IGNORED] * len(self.ids)
        for start, end in self.targets:
            labels[start:end] = self.ids[start:end]
        return labels


class Trainee(Protocol):
    """A model in training mode whose frozen parameters have `requires_grad` off.

    `module(batch)` returns the summed cross-entropy of the batch's targets, a float32 scalar.
    """

    module: Any

    def collate(self, examples: Sequence[Example]) -> Any:
        """One batch for `module`. Called from other threads; leaves torch's global generator alone."""


@dataclass(frozen=True)
class Place:
    """A worker's rank, from 0, and the number of workers."""

    rank: int = 0
    workers: int = 1


class Diverged(RuntimeError):
    """The loss is infinite or not a number."""


@dataclass(frozen=True)
class Run:
    """One start of a training run: its paths, the same for every worker."""

    out: Path
    session: str

    def __post_init__(self) -> None:
        for name, value in list(vars(self).items()):
            if isinstance(value, Path):  # Ray Train's workers have another working folder
                object.__setattr__(self, name, value.absolute())

    @property
    def prepared(self) -> Path:
        """Folder of the rows that are trained on."""
        return self.out / "prepared"

    @property
    def checkpoints(self) -> Path:
        return self.out / "checkpoints"

    @property
    def metrics(self) -> Path:
        """File of metrics: one JSON line per step, or per epoch."""
        return self.out / "metrics.jsonl"

    @property
    def trained(self) -> Path:
        """File of the trained weights; exists when the training is over."""
        return self.out / "trained.safetensors"

    @property
    def stopped(self) -> Path:
        """File with the reason why the workers ended before the end; else there is none."""
        return self.out / "stopped.txt"


@dataclass(frozen=True)
class Job(Run):
    """A run of `trainers.loop.train`: `build` makes the model that learns `prepared/examples.parquet`."""

    settings: TrainingSettings
    build: Callable[[TrainingSettings], Trainee]
