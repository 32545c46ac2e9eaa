"""The trainings of a grid: what they share, and side by side until all are done."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cluster.capacity import Pool
from cluster.connect import connected
from pipelines.engine.run_folder import TRAINING, RunFolder
from pipelines.manifest import write_json
from pipelines.terminal import duration, print_table
from trainers.loop.launch import TrainingStopped, WorkerFlags, launch
from trainers.loop.metrics import progress_shown
from trainers.mmbt.grid.grid_file import Grid, GridRun
from trainers.mmbt.prepared import SplitManifests, SplitRows, read_splits
from trainers.mmbt.request import (
    UNNAMED,
    Request,
    check_classes,
    check_model,
    check_splits,
    new_session,
    prepare_rows,
)
from trainers.mmbt.results import FIGURES, figure_words, without_row, write_everything
from trainers.mmbt.run import MmbtRun

RESULTS = "results.json"
HERE = WorkerFlags(workers=0)


@dataclass(frozen=True)
class Shared:
    """Inputs that all trainings of a grid share."""

    grid: Grid
    splits: SplitManifests
    rows: SplitRows
    out: Path

    @property
    def tokens(self) -> Path:
        """Folder of the picture tokens."""
        return self.out / "picture-tokens"


def train_grid(grid: Grid, out: Path, *, workers: int, address: str | None) -> None:
    """Every training of `grid` that is not finished in `out`, then the table of all.

    Raises:
        ValueError: the grid's folders or an earlier training in `out` do not fit.
        TrainingStopped: some trainings failed; the message names them, and the others are done.
    """
    splits = check_grid(grid, out)
    with RunFolder(out).locked():
        shared = Shared(grid, splits, read_splits(splits), out)
        pending = unfinished(grid, out)
        failed: dict[str, str] = {}
        if pending:
            encode_pictures(shared)
            failed = _all(shared, pending, workers=min(workers, len(pending)), address=address)
        _close(shared, failed)
    if failed:
        lines = "\n  ".join(f"{name}: {why}" for name, why in failed.items())
        raise TrainingStopped(f"{len(failed)} of {len(grid.runs)} trainings failed:\n  {lines}")


def request_of(grid: Grid, run: GridRun, splits: SplitManifests) -> Request:
    """The training `run` as `trainers mmbt` would be asked for it."""
    return Request(splits, run.labels, grid.classes, replace(grid.settings, seed=run.seed), grid.preset)


def check_grid(grid: Grid, out: Path) -> SplitManifests:
    """The folders of `grid`, after all that can be checked before rows are read or a model loads.

    Raises:
        ValueError: what is wrong, and what to do.
    """
    splits = check_splits(grid.train, grid.dev, grid.test)
    check_classes(grid.classes, multi_label=splits.multi_label)
    for run in grid.runs:
        RunFolder(out / run.folder).check(request_of(grid, run, splits).identity())
    if not grid.runs or unfinished(grid, out):
        check_model(grid.settings, grid.classes, multi_label=splits.multi_label)
    return splits


def check_parts_of(grid: Grid, out: Path) -> None:
    """Checks a grid that may be incomplete: folders and trainings, or without folders classes and model
    parts.

    Raises:
        ValueError: what is wrong, and what to do.
    """
    if grid.train:
        check_grid(grid, out)
        return
    check_classes(grid.classes, multi_label=True)  # allows a single class: no folder says yet
    check_model(grid.settings, grid.classes, multi_label=True)


def unfinished(grid: Grid, out: Path) -> list[GridRun]:
    """The trainings without a record in `out`."""
    return [run for run in grid.runs if not (out / run.folder / TRAINING).is_file()]


def encode_pictures(shared: Shared) -> None:
    """The frozen backbone's tokens of all pictures, once."""
    if shared.grid.settings.freeze_image == 0:
        return
    import torch

    from actors.models.mmbt.folder import build_mmbt
    from trainers.mmbt.pictures import Pictures, with_tokens

    config = shared.grid.settings.config(UNNAMED, multi_label=shared.rows.multi_label)
    model = build_mmbt(config, seed=0)
    if torch.cuda.is_available():
        model.module.to("cuda")
    sets = [shared.rows.train, shared.rows.dev or [], *shared.rows.tests.values()]
    pictures = Pictures.of([[row.picture for row in rows] for rows in sets])
    with_tokens(model, pictures, shared.tokens)


def train_one(shared: Shared, run: GridRun) -> str | None:
    """Trains `run` from its beginning; returns the error that ended it, None when it finished."""
    from trainers.mmbt.loop import train

    request, folder = request_of(shared.grid, run, shared.splits), shared.out / run.folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with new_session(folder, request) as session:
            prepared = prepare_rows(request, folder / "prepared", shared.rows)
        started = MmbtRun(
            folder,
            session,
            request.settings,
            request.preset,
            shared.tokens,
            keep_weights=shared.grid.keep_models,
            checkpointed=False,
            tensorboard=False,
        )
        launch(started, train, HERE)
        write_everything(started, prepared, request.identity())
    except (ValueError, TrainingStopped) as error:
        return str(error)
    return None


def _all(shared: Shared, pending: Sequence[GridRun], *, workers: int, address: str | None) -> dict[str, str]:
    """Trains all `pending` runs and shows the progress; error messages of failed ones by folder."""
    failed: dict[str, str] = {}
    done, began = 0, time.monotonic()

    def line() -> str:
        each = (time.monotonic() - began) / max(1, done)
        remaining = f", {duration(each * (len(pending) - done))} left" if done else ""
        return f"{done} of {len(pending)} trainings done{remaining}"

    with progress_shown(line):
        for run, wrong in _results(shared, pending, workers, address):
            done += 1
            if wrong is not None:
                failed[str(run.folder)] = wrong
    return failed


def _results(
    shared: Shared, pending: Sequence[GridRun], workers: int, address: str | None
) -> Iterator[tuple[GridRun, str | None]]:
    if workers == 0:
        for run in pending:
            yield run, train_one(shared, run)
        return
    with connected([Pool("trainings", workers, 1.0, 0.0)], address=address):
        import ray

        task = ray.remote(num_cpus=1, max_retries=3)(_in_worker)
        rows, waiting = ray.put(shared), list(pending)
        running: dict[Any, GridRun] = {}
        while waiting or running:
            while waiting and len(running) < workers:
                run = waiting.pop(0)
                running[task.remote(rows, run)] = run
            for finished in ray.wait(list(running))[0]:
                yield running.pop(finished), ray.get(finished)


def _in_worker(shared: Shared, run: GridRun) -> str | None:
    import torch

    import actors  # noqa: F401  the torchvision patch has to come before transformers

    torch.set_num_threads(1)
    return train_one(shared, run)


def _close(shared: Shared, failed: dict[str, str]) -> None:
    """Writes `results.json` and prints every finished training's figures on the first test set."""
    results, lines, notes = [], [], []
    for run in shared.grid.runs:
        file = shared.out / run.folder / TRAINING
        entry: dict[str, Any] = {"name": run.name, "seed": run.seed, "folder": str(run.folder)}
        if not file.is_file():
            results.append(entry | {"failed": failed.get(str(run.folder), "not trained")})
            lines.append([run.name, str(run.seed), "", "failed"])
            continue
        record = json.loads(file.read_text())
        notes += [f"{run.folder}: {line}" for line in without_row(record["rows"])]
        results.append(entry | {key: record[key] for key in ("rows", "best_epoch", "temperature", "tests")})
        test = next(iter(record["tests"].values()), record["dev"])
        figures = [figure_words(test.get(name)) for name in FIGURES]
        lines.append([run.name, str(run.seed), f"{record['rows']['train']['used']:,}", *figures])
    write_json(shared.out / RESULTS, {"runs": results})
    first = next(iter(shared.rows.tests), "dev")
    print_table(f"trainings, tested on {first}", ["name", "seed", "rows", *FIGURES.values()], lines)
    for note in notes:
        print(note)
    print(f"all figures: {shared.out / RESULTS}")
