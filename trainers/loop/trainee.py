"""A training run as its workers see it, what the loop asks of a model, and where a worker stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from trainers.rewriter.data import Example
from trainers.rewriter.stages import TrainingSettings


class Trainee(Protocol):
    """A model in training mode whose frozen parameters have `requires_grad` off.

    `module(batch)` returns the summed cross-entropy of the batch's targets, a float32 scalar.
    """

    module: Any

    def collate(self, examples: Sequence[Example]) -> Any:
        """One batch for `module`. Called from other threads; leaves torch's global generator alone."""


@dataclass(frozen=True)
class Place:
    """Which worker this is, out of how many."""

    rank: int = 0
    workers: int = 1


class Diverged(RuntimeError):
    """The loss is no longer a number."""


@dataclass(frozen=True)
class Run:
    """One start of a training run; every worker gets it and calls `train`."""

    out: Path
    session: str

    def train(self, place: Place) -> None:
        """Trains from the newest checkpoint, or the beginning, to the end.

        Raises:
            Diverged: the loss became infinite or not a number.
        """
        raise NotImplementedError

    @property
    def prepared(self) -> Path:
        return self.out / "prepared"

    @property
    def checkpoints(self) -> Path:
        return self.out / "checkpoints"

    @property
    def metrics(self) -> Path:
        return self.out / "metrics.jsonl"

    @property
    def trained(self) -> Path:
        return self.out / "trained.safetensors"

    @property
    def stopped(self) -> Path:
        """Why the workers ended before the end; only there when they did."""
        return self.out / "stopped.txt"


@dataclass(frozen=True)
class Job(Run):
    """A run of the rewriter's loop."""

    settings: TrainingSettings
    build: Callable[[TrainingSettings], Trainee]

    def train(self, place: Place) -> None:
        from trainers.rewriter.loop import train

        train(self, place)
