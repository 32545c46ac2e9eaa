"""Flags that several verbs share, and what they turn into."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import tyro

from actors.base import Actor
from pipelines.engine.pipeline import Stage
from pipelines.engine.run import RunOptions

Flat = tyro.conf.arg(name="")  # a dataclass of flags without its name before each
ENDPOINT_BATCHES = 3  # so that the last requests of one batch do not leave slots idle


@dataclass(frozen=True)
class RunFlags(RunOptions):
    """How the run goes."""

    plan: bool = False
    """Time a sample, print pools, rows and forecast, and stop."""
    json: bool = False
    """Print the plan (with --plan), or the closing figures where a verb has some, as JSON."""


@dataclass(frozen=True)
class PoolFlags:
    """The pool of model workers."""

    workers: int = 1
    """Model workers; each holds the whole model."""
    gpus: float | None = None
    """GPUs per worker; by default 1 where this machine has one, else 0."""
    cpus: float | None = None
    """CPUs (and torch threads) per worker; by default this machine's cores shared by the workers."""
    batch_size: int = 256
    """Rows handed to a worker at once; the model cuts its own batches inside."""
    python: Path | None = None
    """Python of another environment for the model workers, such as .venv-lavis/bin/python."""

    def stage(self, actor: Actor, *, local_model: bool = True) -> Stage:
        """`actor` in this pool; an endpoint's client needs no GPU and one CPU.

        Raises:
            ValueError: no workers, an empty batch, or a negative share of a machine.
        """
        for name in ("workers", "batch_size"):
            if getattr(self, name) < 1:
                flag = name.replace("_", "-")
                raise ValueError(f"--{flag} is {getattr(self, name)}, expected 1 or more")
        for name in ("gpus", "cpus"):
            if (getattr(self, name) or 0.0) < 0:
                raise ValueError(f"--{name} is {getattr(self, name):g}, expected 0 or more")
        has_gpu = Path("/dev/nvidia0").exists()  # asked without importing torch
        gpus = self.gpus if self.gpus is not None else float(local_model and has_gpu)
        cores = os.cpu_count() or 1
        shared = 1.0 if gpus or not local_model else max(1.0, cores // self.workers)
        return Stage(
            actor,
            workers=(self.workers, self.workers),
            gpus=gpus,
            cpus=self.cpus if self.cpus is not None else shared,
            batch_size=self.batch_size,
            concurrent_batches=1 if local_model else ENDPOINT_BATCHES,
            batches_per_block=1 if local_model else ENDPOINT_BATCHES,
            python=str(self.python) if self.python else None,
        )
