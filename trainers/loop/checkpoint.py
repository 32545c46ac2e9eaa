"""Checkpoints, from which a killed run resumes: weights, optimizer state and the next step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from trainers.loop.trainee import Place, Run

STATE = "state.json"
SESSION = "session.json"
KEEP = 2

Barrier = Callable[[], None]


@dataclass(frozen=True)
class CheckpointState:
    """The contents of a checkpoint beside its engine's files.

    Data order, learning rate and dropout follow from the seed and `step`, so none of them is stored.
    """

    step: int  # the next optimizer step, from 0
    workers: int
    engine: str  # plain, zero0 … zero3


class Superseded(RuntimeError):
    """This worker belongs to an earlier start of the run; a newer start owns the folder."""


def engine_name(workers: int, zero: int) -> str:
    """Name of the engine that `workers` (0: in process) with ZeRO stage `zero` use."""
    return f"zero{zero}" if workers else "plain"


def claim(run: Run) -> None:
    """Makes `run` the one start of the run that may write checkpoints."""
    (run.out / SESSION).write_text(json.dumps({"session": run.session}))


def check_claim(run: Run) -> None:
    """Raises Superseded when another start has claimed the folder since: after a killed driver its workers
    may live on for some seconds."""
    owner = json.loads((run.out / SESSION).read_text())["session"]
    if owner != run.session:
        raise Superseded(f"{run.out} belongs to start {owner} now, this worker to {run.session}")


def save(
    run: Run, place: Place, state: CheckpointState, write: Callable[[Path], None], barrier: Barrier
) -> None:
    """Writes a checkpoint that is either whole or not there; every worker calls this."""
    final = run.checkpoints / f"step-{state.step:08d}"
    part = final.with_name(f"{final.name}.{run.session}.part")
    check_claim(run)
    part.mkdir(parents=True, exist_ok=True)
    barrier()
    write(part)
    barrier()
    if place.rank == 0:
        check_claim(run)
        (part / STATE).write_text(json.dumps(asdict(state)))
        shutil.rmtree(final, ignore_errors=True)
        part.replace(final)
        _prune(run.checkpoints)
    barrier()


def latest(folder: Path) -> tuple[Path, CheckpointState] | None:
    """The newest whole checkpoint under `folder`; None where there is none."""
    whole = sorted(path for path in folder.glob("step-*") if path.suffix != ".part")
    if not whole:
        return None
    return whole[-1], CheckpointState(**json.loads((whole[-1] / STATE).read_text()))


def check_engine(out: Path, folder: Path, *, workers: int, zero: int) -> None:
    """Raises ValueError when the checkpoint under `folder` was written by other workers."""
    newest = latest(folder)
    if newest is None:
        return
    state = newest[1]
    if (state.workers, state.engine) != (max(1, workers), engine_name(workers, zero)):
        raise ValueError(
            f"{out} was trained up to step {state.step} by {state.workers} workers ({state.engine}), this "
            f"command asks for {max(1, workers)} ({engine_name(workers, zero)}), and the optimizer's state "
            "is cut into one part per worker; go on with --workers "
            f"{0 if state.engine == 'plain' else state.workers}, or begin again in another --out"
        )


def _prune(folder: Path) -> None:
    whole = sorted(path for path in folder.glob("step-*") if path.suffix != ".part")
    for old in whole[:-KEEP]:
        shutil.rmtree(old)
    for torn in folder.glob("*.part"):
        shutil.rmtree(torn, ignore_errors=True)
