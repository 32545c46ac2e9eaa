"""Starting the loop: in this process, or on workers of Ray Train."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from cluster.capacity import Pool
from cluster.connect import connected
from trainers.loop.checkpoint import claim
from trainers.loop.trainee import Diverged, Place, Run

R = TypeVar("R", bound=Run)
RESTARTS = 3  # of all workers, when one of them dies


@dataclass(frozen=True)
class WorkerFlags:
    """Training workers."""

    workers: int = 1
    """Training workers, one model each; 0 trains in this process, without Ray and DeepSpeed."""
    gpus: float | None = None
    """GPUs per worker; by default 1 where this machine has one, else 0."""
    cpus: float | None = None
    """CPUs (and torch threads) per worker; by default this machine's cores shared by the workers."""
    address: str | None = None
    """Ray cluster to run on; without it RAY_ADDRESS, else a private Ray on this machine."""

    @property
    def gpus_each(self) -> float:
        return self.gpus if self.gpus is not None else float(Path("/dev/nvidia0").exists())

    @property
    def cpus_each(self) -> float:
        if self.cpus is not None:
            return self.cpus
        return 1.0 if self.gpus_each else float(max(1, (os.cpu_count() or 1) // max(1, self.workers)))


class TrainingStopped(RuntimeError):
    """The workers ended before the end of the training; the message says why."""


def launch(run: R, train: Callable[[R, Place], None], flags: WorkerFlags) -> None:
    """Returns when every worker's `train(run, place)` has: the run is trained to its end.

    From here on `run` is the one start that may write checkpoints. `train` travels to the workers, so it
    has to be a function of a module that they can import.

    Raises:
        ValueError: the workers do not fit the machine.
        TrainingStopped: a worker's code broke, the loss diverged, or workers died more often than RESTARTS.
    """
    claim(run)
    run.stopped.unlink(missing_ok=True)
    if flags.workers == 0:
        try:
            train(run, Place())
        except Diverged as error:
            raise TrainingStopped(str(error)) from error
        return
    pool = Pool("training workers", flags.workers, flags.cpus_each, flags.gpus_each)
    with connected([pool], address=flags.address):
        _fit(run, train, flags)


def _fit(run: R, train: Callable[[R, Place], None], flags: WorkerFlags) -> None:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer
    from ray.train.v2.api.exceptions import TrainingFailedError

    resources = {"CPU": flags.cpus_each, **({"GPU": flags.gpus_each} if flags.gpus_each else {})}
    trainer = TorchTrainer(
        _worker,
        train_loop_config={"run": run, "train": train, "folder": os.getcwd()},
        scaling_config=ScalingConfig(
            num_workers=flags.workers, use_gpu=bool(flags.gpus_each), resources_per_worker=resources
        ),
        run_config=RunConfig(
            name=run.session,
            storage_path=str(run.out / "ray"),
            failure_config=FailureConfig(max_failures=RESTARTS),
        ),
    )
    try:
        trainer.fit()
    except TrainingFailedError as error:
        raise TrainingStopped(str(error)) from error
    if run.stopped.exists():
        raise TrainingStopped(run.stopped.read_text())


def _worker(config: dict[str, Any]) -> None:
    import ray.train
    import torch

    import actors  # noqa: F401  the torchvision patch has to come before transformers

    context = ray.train.get_context()
    if not torch.cuda.is_available():
        torch.set_num_threads(max(1, int(os.environ.get("OMP_NUM_THREADS", "1"))))
    # Ray Train moves its workers elsewhere; paths in settings, of a model for example, are the driver's.
    with contextlib.suppress(FileNotFoundError):
        os.chdir(config["folder"])
    place = Place(context.get_world_rank(), context.get_world_size())
    run, train = config["run"], config["train"]
    try:
        train(run, place)
    except Diverged as error:  # every worker sees it at once; another try would end the same
        if place.rank == 0:
            run.stopped.write_text(str(error))
    ray.train.report({"finished": True})
