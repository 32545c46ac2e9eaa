"""Metrics of every step as lines of JSON, TensorBoard files and a progress line; the record of
a finished training."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TextIO

from pipelines.engine.run_folder import RunFolder, timestamp
from pipelines.manifest import FORMAT
from pipelines.terminal import duration
from pipelines.versions import git_commit, package_versions
from trainers.loop.event_file import EventFile
from trainers.loop.trainee import Run

POLL_S, PLAIN_LINE_S, RECENT = 0.5, 10.0, 20


@dataclass(frozen=True)
class StepMetrics:
    """Metrics of one optimizer step: tokens over all workers, `seconds` since the step before."""

    step: int
    loss: float
    learning_rate: float
    grad_norm: float
    rows: int
    tokens: int
    padded: int
    targets: int
    seconds: float


class MetricsLog:
    """Writes the steps of a run; a resumed one first forgets what came after its checkpoint."""

    def __init__(self, run: Run, start: int) -> None:
        steps = [step for step in read_metrics(run.metrics) if step.step < start]
        write_lines([asdict(step) for step in steps], run.metrics)
        self.file = run.metrics.open("a")
        self.board = EventFile(run.out, start)

    def add(self, step: StepMetrics) -> None:
        self.file.write(json.dumps(asdict(step)) + "\n")
        self.file.flush()
        self.board.add(
            step.step,
            {
                "loss": step.loss,
                "learning_rate": step.learning_rate,
                "grad_norm": step.grad_norm,
                "tokens_per_s": step.tokens / max(step.seconds, 1e-9),
                "padding_share": 1 - step.tokens / max(1, step.padded),
            },
        )

    def close(self) -> None:
        self.file.close()
        self.board.close()


def write_lines(rows: Iterable[Mapping[str, Any]], file: Path) -> None:
    """Writes `file` as lines of JSON, complete or absent."""
    part = file.with_suffix(".part")
    part.write_text("".join(json.dumps(row) + "\n" for row in rows))
    part.replace(file)


def read_metrics(file: Path) -> list[StepMetrics]:
    """The steps in `file`, which may be missing or end in half a line."""
    if not file.is_file():
        return []
    lines = file.read_text().splitlines(keepends=True)
    return [StepMetrics(**json.loads(line)) for line in lines if line.endswith("\n")]


def padding_share(steps: list[StepMetrics]) -> float:
    """Share of the computed tokens that were padding."""
    padded = sum(step.padded for step in steps)
    return 1 - sum(step.tokens for step in steps) / padded if padded else 0.0


def run_record(out: Path, contents: Mapping[str, Any]) -> dict[str, Any]:
    """`contents` with the fields of every training's record: time, command and versions."""
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
    """Steps, mean loss of the first and last tenth, tokens/s without padding, padding share, and seconds."""
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


@contextmanager
def progress_shown(line: Callable[[], str | None], stream: TextIO | None = None) -> Iterator[None]:
    """Shows what `line` returns every moment until the block ends: in place on a terminal, else below one
    another."""
    done = threading.Event()
    thread = threading.Thread(target=_show, args=(line, stream or sys.stderr, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)


def progress_line(steps: list[StepMetrics], total: int) -> str | None:
    """`step 40/300, loss 1.234, 1,250 tokens/s, padding 4 %, 90 s left`; None before the first step."""
    if not steps:
        return None
    recent = steps[-RECENT:]
    seconds = sum(step.seconds for step in recent)
    left = (total - steps[-1].step - 1) * seconds / len(recent)
    return (
        f"step {steps[-1].step + 1}/{total}, loss {steps[-1].loss:.3f}, "
        f"{sum(step.tokens for step in recent) / max(seconds, 1e-9):,.0f} tokens/s, "
        f"padding {100 * padding_share(recent):.0f} %, {duration(left)} left"
    )


def _show(line: Callable[[], str | None], stream: TextIO, done: threading.Event) -> None:
    live, last, shown = stream.isatty(), time.monotonic(), ""
    finished = False
    while not finished:
        finished = done.wait(POLL_S)
        newest = line()
        if newest is None or newest == shown:
            continue
        if live or finished or time.monotonic() - last >= PLAIN_LINE_S:
            last, shown = time.monotonic(), newest
            stream.write(f"\r\x1b[K{newest}" if live else f"{newest}\n")
            stream.flush()
    if live and shown:
        stream.write("\n")
