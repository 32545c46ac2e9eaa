"""`python -m trainers mmbt-grid`: many MMBTs on the same rows, which differ in labels and seed."""

from __future__ import annotations

import os
from pathlib import Path

import tyro

from pipelines.command_line.paths import absolute_paths


@absolute_paths
def mmbt_grid(
    grid: tyro.conf.Positional[Path],
    *,
    out: Path,
    workers: int | None = None,
    address: str | None = None,
    check: bool = False,
) -> None:
    """Trains MMBT many times on the same rows: other labels, other seeds, the same evaluation.

    Pictures are encoded once for all. The same command again trains what is not trained yet. A training in
    which something is wrong is named at the end; the others are done all the same.

    Args:
        grid: JSON file: `train`, `dev`, `test` (folders), `settings` (flags of `trainers mmbt`), `runs` (each
            with `name`, `seed` and `labels`: a file or null for human ones), maybe `classes`, `keep_models`.
        out: Folder for the results, OUT/NAME/seed-N each.
        workers: Trainings at once, one CPU each; by default one per core. 0 trains in this process.
        address: Ray cluster to run on; without it RAY_ADDRESS, else a private Ray on this machine.
        check: Look at settings, models and files and train nothing; `train`, `test` and `runs` may be
            missing then, and are looked at where they are given.
    """
    from trainers.mmbt.grid.grid_file import read_grid
    from trainers.mmbt.grid.runs import check_parts_of, train_grid

    plan = read_grid(grid, complete=not check)
    side_by_side = (os.cpu_count() or 1) if workers is None else workers
    if side_by_side < 0:
        raise ValueError(f"--workers {workers}: expected 0 (in this process) or more")
    if side_by_side == 0 and address is not None:
        raise ValueError(f"--address {address} says nothing with --workers 0, which trains in this process")
    if check:
        check_parts_of(plan, out)
        print(f"{grid} can be trained: {len(plan.runs)} trainings so far, nothing was written")
        return
    train_grid(plan, out, workers=side_by_side, address=address)
