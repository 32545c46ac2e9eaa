"""Checks on the driver, before any model loads: every failure is one sentence with the next step."""

from __future__ import annotations

import os
from pathlib import Path

from actors.base import Filter
from cluster.connect import environment_of
from pipelines.engine.pipeline import Pipeline


def check_source(pipeline: Pipeline, limit: int | None = None) -> None:
    """Raises ValueError unless the rows can be read; this comes before anything that looks at them."""
    if limit is not None and limit < 1:
        raise ValueError(f"--limit is {limit}, expected a number of rows from 1; leave it out for all rows")
    pipeline.source.check()


def check_pipeline(pipeline: Pipeline) -> None:
    """Raises ValueError for the first thing that would go wrong later."""
    pipeline.output_schema()
    for group in pipeline.groups:
        stage = group.stage
        smallest, largest = stage.workers
        if not 1 <= smallest <= largest:
            raise ValueError(f"{group.name} has workers {stage.workers}, expected (smallest, largest) from 1")
        if stage.batch_size < 1:
            raise ValueError(f"{group.name} has batch_size {stage.batch_size}, expected at least 1")
        if stage.python:
            environment_of(stage.python)
    for actor in pipeline.actors:
        if isinstance(actor, Filter) and not actor.reasons:
            name = type(actor).__name__
            raise ValueError(
                f"{name} declares no reason for the rows it drops; give the class one, such as "
                f'reasons = {{"too_loud": "mostly capital letters"}}'
            )
        actor.check()
    check_writable(pipeline.out)


def check_writable(out: Path) -> None:
    """Raises ValueError unless files can be made in `out`, or in the nearest folder above it."""
    existing = next(path for path in (out, *out.absolute().parents) if path.exists())
    if not existing.is_dir():
        raise ValueError(f"{existing} is a file; expected a folder for --out")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ValueError(f"{existing} is not writable; give another --out or change its permissions")
