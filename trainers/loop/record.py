"""What `training.json` says of every finished training: when, by which command, and its figures."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.engine.run_folder import RunFolder, timestamp
from pipelines.manifest import FORMAT
from pipelines.versions import git_commit, package_versions
from trainers.loop.metrics import padding_share, read_metrics


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


def step_figures(out: Path) -> dict[str, float]:
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
