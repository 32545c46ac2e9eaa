"""The progress display of a run: one bar per stage, or plain lines in a log file."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from pipelines.engine.ledger import Snapshot, StageCount
from pipelines.terminal import duration

POLL_S = 0.5
PLAIN_LINE_S = 10.0


@contextmanager
def show_progress(
    ledger: Any, names: Sequence[str], rows: int, stream: TextIO | None = None
) -> Iterator[None]:
    """Shows the ledger's counts every moment until the block ends."""
    stream = stream or sys.stderr
    view = (Bars if stream.isatty() else PlainLines)(names, rows, stream)
    done = threading.Event()
    thread = threading.Thread(target=_poll, args=(ledger, view, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(timeout=5)
        view.close()


def _poll(ledger: Any, view: Bars | PlainLines, done: threading.Event) -> None:
    import ray

    finished = False
    while not finished:
        finished = done.wait(POLL_S)
        try:
            view.show(ray.get(ledger.snapshot.remote(), timeout=10))
        except (ray.exceptions.RayError, TimeoutError):
            return


class Bars:
    """A bar per stage for terminals."""

    def __init__(self, names: Sequence[str], rows: int, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[marks]}"),
            console=Console(file=stream),
        )
        add = self.progress.add_task
        self.tasks = {name: add(name, total=rows, rate="loading", marks="") for name in names}
        self.start = time.perf_counter()
        self.progress.start()

    def show(self, snapshot: Snapshot) -> None:
        for name, count in snapshot.stages.items():
            task = self.tasks[name]
            done = min(count.rows, self.progress.tasks[task].total or count.rows)
            speed = count.rows / (time.perf_counter() - self.start)
            rate = f"{speed:.1f} rows/s" if count.rows else "loading"
            self.progress.update(task, completed=done, rate=rate, marks=_marks(count))

    def close(self) -> None:
        self.progress.stop()


class PlainLines:
    """A line per stage every few seconds for files and pipes."""

    def __init__(self, names: Sequence[str], rows: int, stream: TextIO) -> None:
        self.rows, self.stream = rows, stream
        self.start = self.last = time.perf_counter()
        self.snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        if time.perf_counter() - self.last >= PLAIN_LINE_S:
            self.close()

    def close(self) -> None:
        """Prints where every stage is."""
        self.last = time.perf_counter()
        for name, count in (self.snapshot.stages if self.snapshot else {}).items():
            print(f"{name}: {self._line(count)}", file=self.stream, flush=True)

    def _line(self, count: StageCount) -> str:
        if not count.rows:
            return "loading" if not count.workers else "waiting for rows"
        elapsed = self.last - self.start
        left = max(0, self.rows - count.rows) * elapsed / count.rows
        return (
            f"{min(count.rows, self.rows)}/{self.rows} rows, {count.rows / elapsed:.1f} rows/s, "
            f"{duration(left)} left{_marks(count)}"
        )


def _marks(count: StageCount) -> str:
    numbers = {"dropped": count.dropped, "failed": count.failed}
    return "".join(f", {number} {word}" for word, number in numbers.items() if number)
