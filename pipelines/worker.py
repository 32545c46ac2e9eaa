"""The class that Ray Data starts for each stage: it loads an actor once and feeds it tables."""

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
from pipelines.ledger import Crash


class StageWorker:
    """One actor and the filters that follow it; counts every batch in the ledger.

    `columns` are those that go on, for the last stage of a pipeline: transient ones stay behind.
    """

    def __init__(
        self,
        actor: Actor,
        filters: Sequence[Filter],
        stage: str,
        ledger: Any,
        columns: Sequence[str] | None = None,
    ) -> None:
        self.actor, self.filters, self.stage, self.ledger = actor, filters, stage, ledger
        self.columns = columns
        self.answer = None
        self.loaded = self.stop = False
        self.lock = threading.Lock()  # batches can come from several threads

    def __call__(self, table: pa.Table) -> pa.Table:
        self.stop = self.stop or self._told_to_stop()
        if self.stop:
            table = table.slice(0, 0)
        with self.lock:
            if not self.loaded:
                self._load()
        start = time.perf_counter()
        before = table["status"]
        with self._told(f"on a batch of {table.num_rows} rows that starts with", table):
            for part in (self.actor, *self.filters):
                table = apply(part, table)
        if not self.stop:
            self._report(table, before, time.perf_counter() - start)
        return table if self.columns is None else table.select(self.columns)

    def _load(self) -> None:
        """On the first batch: Ray retries what fails in a constructor for ever, and floods the terminal."""
        with self._told("while it loaded"):
            for part in (self.actor, *self.filters):
                part.load()
        self.loaded = True
        self.ledger.loaded.remote(self.stage)

    def _told_to_stop(self) -> bool:
        """The ledger's answer to the last report, which arrived while this worker was busy."""
        import ray

        return self.answer is not None and bool(ray.get(self.answer))

    def _report(self, table: pa.Table, before: pa.ChunkedArray, busy_s: float) -> None:
        newly = pc.and_(pc.equal(before, LIVE), pc.not_equal(table["status"], LIVE))
        marked = table.select(["id", "status", "reason", "detail"]).filter(newly)
        self.answer = self.ledger.report.remote(self.stage, table.num_rows, busy_s, marked.to_pylist())

    @contextmanager
    def _told(self, when: str, table: pa.Table | None = None) -> Iterator[None]:
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
