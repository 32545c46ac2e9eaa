"""What the labels cost: time, rows and tokens per second."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc

from pipelines.markup import Markup, join
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy
from pipelines.reports.page.tables import Cell, paragraph, table
from pipelines.reports.page.wording import duration


def cost_section(studies: Sequence[TaskStudy]) -> Markup:
    """A row per run. Rates are those of the busiest stage while it worked; time is that of the last start."""
    rates = ["Rows/s", "Tokens read/s", "Tokens written/s"]
    rows = [
        _row(f"{study.task.name}: {entry.title}", entry.run) for study in studies for entry in study.entries
    ]
    note = (
        "Time is the whole run with start-up, or its last start where it was resumed. Rates and the forecast "
        "for a million rows are those of the stage with most work, while it worked, with this run's number "
        "of workers."
    )
    costs = table(["Run", "Rows", "Time", *rates, "Time for a million rows"], rows)
    return join(costs, paragraph(note, note=True))


def slowest_stage(run: LabelRun) -> tuple[int, float, dict[str, Any]] | None:
    """Rows, seconds and the entry of the stage that kept its workers busy longest; None without timings."""
    stages = [
        (stage["rows"], stage["busy_s"] / max(1, stage["workers"]), stage)
        for stage in run.manifest.timings.get("stages", [])
        if stage["rows"] and stage["busy_s"] > 0
    ]
    return max(stages, key=lambda one: one[1], default=None)


def _row(title: str, run: LabelRun) -> list[Cell]:
    timings = run.manifest.timings
    starts = timings.get("runs", 1)
    resumed = f" (the last of {starts} starts)" if starts > 1 else ""
    cells: list[Cell] = [title, run.manifest.rows["in"], duration(timings.get("wall_s", 0.0)) + resumed]
    stage = slowest_stage(run)
    if stage is None:
        return [*cells, "—", "—", "—", "—"]
    rows, seconds, entry = stage
    read, written = _tokens(run, "prompt_tokens"), _tokens(run, "new_tokens")
    asked = max(1, len(run.table))
    gpus = entry.get("gpus", 0.0) * max(1, entry["workers"])
    hours = 1e6 * seconds / rows / 3600
    per_million = duration(hours * 3600) + (f", {hours * gpus:,.1f} GPU hours" if gpus else "")
    rates = [f"{tokens / asked * rows / seconds:,.0f}" for tokens in (read, written)]
    return [*cells, f"{rows / seconds:,.2f}", *rates, per_million]


def _tokens(run: LabelRun, column: str) -> int:
    return int(pc.sum(run.table[column]).as_py() or 0)
