"""What a worker tells the ledger: at once when a batch was slow or bad, otherwise twice a second."""

from __future__ import annotations

import threading
import time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import LIVE

INTERVAL_S = 0.5  # a report costs about 1 ms; quick actors would spend a fifth of their time on them


class Reporter:
    """Counts the batches of one worker and sends them to the ledger; safe from several threads."""

    def __init__(self, ledger: Any, stage: str) -> None:
        self._ledger, self._stage = ledger, stage
        self._batches: list[tuple[int, float]] = []
        self._marks: list[dict[str, Any]] = []
        self._answer: Any = None
        self._timer: threading.Timer | None = None
        self._sent = 0.0
        self._lock = threading.Lock()

    def add(self, table: pa.Table, before: pa.ChunkedArray, busy_s: float) -> None:
        """One more batch: `before` is the status of its rows when it came in."""
        marks = newly_marked(table, before)
        with self._lock:
            self._batches.append((table.num_rows, busy_s))
            self._marks += marks
            if marks or time.monotonic() - self._sent >= INTERVAL_S:
                self._send()
            elif self._timer is None:
                self._timer = threading.Timer(INTERVAL_S, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Sends what has not been sent."""
        with self._lock:
            if self._batches:
                self._send()

    def must_stop(self) -> bool:
        """Whether the ledger answered the last report, while this worker was busy, that the run is over."""
        import ray

        with self._lock:
            answer, self._answer = self._answer, None
        return answer is not None and bool(ray.get(answer))

    def _send(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._answer = self._ledger.report.remote(self._stage, self._batches, self._marks)
        self._batches, self._marks = [], []
        self._sent = time.monotonic()


def newly_marked(table: pa.Table, before: pa.ChunkedArray) -> list[dict[str, Any]]:
    """id, status, reason and detail of the rows that were live in `before` and are not any more."""
    if before.equals(table["status"]):
        return []
    newly = pc.and_(pc.equal(before, LIVE), pc.not_equal(table["status"], LIVE))
    rows: list[dict[str, Any]] = table.select(["id", "status", "reason", "detail"]).filter(newly).to_pylist()
    return rows
