"""What a run says about itself: before it starts, and when it is done."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.engine.run_folder import TRAINING, RunFolder, timestamp
from pipelines.manifest import FORMAT
from pipelines.terminal import print_table
from pipelines.versions import git_commit, package_versions
from trainers.loop.metrics import padding_share, read_metrics
from trainers.loop.trainee import Job
from trainers.rewriter.prepared import Counts, Examples
from trainers.rewriter.step_plans import step_totals


def training_record(
    out: Path, identity: Mapping[str, Any], counts: Counts, numbers: Mapping[str, int]
) -> dict[str, Any]:
    """The JSON of `training.json`: settings, sources, counts, figures and versions."""
    return run_record(
        out,
        {**identity, "rows": asdict(counts), "numbers": dict(numbers), "figures": figures(out)},
    )


def run_record(out: Path, contents: Mapping[str, Any]) -> dict[str, Any]:
    """`contents` with what every training's record says: when, by which command and which versions."""
    return {
        "format": FORMAT,
        "created": timestamp(),
        "command": sys.argv,
        **contents,
        "starts": len(RunFolder(out).sessions()),
        "versions": package_versions(),
        "git_commit": git_commit(),
    }


def figures(out: Path) -> dict[str, float]:
    """Steps, losses at both ends, useful tokens/s, padding share and seconds of training."""
    steps = read_metrics(out / "metrics.jsonl")
    tenth = max(1, len(steps) // 10)
    seconds = sum(step.seconds for step in steps)
    return {
        "steps": len(steps),
        "first_loss": sum(step.loss for step in steps[:tenth]) / tenth,
        "last_loss": sum(step.loss for step in steps[-tenth:]) / tenth,
        "tokens_per_s": sum(step.tokens for step in steps) / max(seconds, 1e-9),
        "padding_share": padding_share(steps),
        "seconds": seconds,
    }


def print_plan(job: Job, workers: int, counts: Counts) -> None:
    """Rows, steps, tokens and padding of the run, none of which needs a model."""
    totals = step_totals(Examples(job.prepared), job.settings, workers)
    print_table("plan", ["", "value"], [*_row_lines(asdict(counts)), *totals.items()])


def print_closing(out: Path) -> None:
    """The finished run's counts, figures and paths as a table."""
    training = json.loads((out / TRAINING).read_text())
    figure = training["figures"]
    lines = [
        *_row_lines(training["rows"]),
        ("steps", f"{figure['steps']:,}"),
        ("loss, first and last tenth", f"{figure['first_loss']:.3f} → {figure['last_loss']:.3f}"),
        ("useful tokens/s", f"{figure['tokens_per_s']:,.0f}"),
        ("padding share", f"{100 * figure['padding_share']:.1f} %"),
        ("time in steps", f"{figure['seconds']:,.0f} s"),
        ("numbers trained", f"{training['numbers']['trained']:,} of {training['numbers']['all']:,}"),
    ]
    print_table(f"rewriter in {out}", ["", "value"], lines)
    print(
        f"model: {out}/model   adapter: {out}/adapter   plot: {out}/loss.svg   TensorBoard: {out}/tensorboard"
    )


def _row_lines(rows: dict[str, Any]) -> list[tuple[str, str]]:
    refused = ", ".join(f"{reason} {count:,}" for reason, count in sorted(rows["refused"].items()))
    return [
        ("rows read", f"{rows['read']:,}"),
        ("rows trained on", f"{rows['used']:,}"),
        ("dropped before, not chosen", f"{rows['not_live']:,}, {rows['not_chosen']:,}"),
        ("refused", refused or "none"),
        ("earlier turns left out in", f"{rows['shortened']:,} rows"),
    ]
