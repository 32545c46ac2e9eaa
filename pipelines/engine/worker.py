"""A stage's worker, as Ray Data starts it: loads an actor once, feeds it tables, and tells the ledger."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.apply import apply
from actors.base import LIVE, Actor, Filter
from pipelines.engine.ledger import Crash

PIECE_BYTES = 64 * 2**20  # what a worker gathers before it hands rows on; pictures make rows heavy
INTERVAL_S = 0.5  # a report costs about 1 ms; quick actors would spend a fifth of their time on them


class StageWorker:
    """One actor and the filters that follow it; counts every batch in the ledger.

    Ray hands over whole blocks and this class cuts the batches: Ray's own cutting and joining costs
    about 2 ms per batch. `columns` are those that go on, for the last stage of a pipeline: transient
    ones stay behind.
    """

    def __init__(
        self,
        actor: Actor,
        filters: Sequence[Filter],
        stage: str,
        ledger: Any,
        *,
        batch_size: int,
        columns: Sequence[str] | None = None,
    ) -> None:
        self.actor, self.filters, self.stage, self.ledger = actor, filters, stage, ledger
        self.batch_size, self.columns = batch_size, columns
        self.reporter = Reporter(ledger, stage)
        self.loaded = self.stop = False
        self.lock = threading.Lock()  # batches can come from several threads

    def __call__(self, block: pa.Table) -> Iterator[pa.Table]:
        tables, size = [], 0
        for start in range(0, max(block.num_rows, 1), self.batch_size):
            tables.append(self._batch(block.slice(start, self.batch_size)))
            size += tables[-1].nbytes
            if size > PIECE_BYTES:
                yield pa.concat_tables(tables).combine_chunks()
                tables, size = [], 0
        if tables:
            yield pa.concat_tables(tables).combine_chunks()

    def _batch(self, table: pa.Table) -> pa.Table:
        self.stop = self.stop or self.reporter.must_stop()
        if self.stop:
            table = table.slice(0, 0)
        with self.lock:
            if not self.loaded:
                self._load()
        start = time.perf_counter()
        before = table["status"]
        with self._report_crash(f"on a batch of {table.num_rows} rows that starts with", table):
            for part in (self.actor, *self.filters):
                table = apply(part, table)
        if not self.stop:
            self.reporter.add(table, before, time.perf_counter() - start)
        return table if self.columns is None else table.select(self.columns)

    def _load(self) -> None:
        """On the first batch: Ray retries what fails in a constructor for ever, and floods the terminal."""
        with self._report_crash("while it loaded"):
            for part in (self.actor, *self.filters):
                part.load()
        self.loaded = True
        self.ledger.loaded.remote(self.stage)

    @contextmanager
    def _report_crash(self, when: str, table: pa.Table | None = None) -> Iterator[None]:
        """Whatever is raised inside reaches the ledger first, so that the driver can say it plainly."""
        import ray

        try:
            yield
        except BaseException as error:
            ids = f" {table['id'].slice(0, 3).to_pylist()}" if table is not None else ""
            words = Crash(self.stage, when + ids, type(error).__name__, str(error), traceback.format_exc())
            ray.get(self.ledger.crashed.remote(words))
            raise


def worker_class(actor: Actor) -> type[StageWorker]:
    """StageWorker under the actor's name, which is what bars and the dashboard show."""
    return type(type(actor).__name__, (StageWorker,), {})


class Reporter:
    """Counts the batches of one worker and sends them to the ledger: at once when a batch was slow or bad,
    otherwise twice a second; safe from several threads."""

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
        """Sends the counts that were not sent yet."""
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
