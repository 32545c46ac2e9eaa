"""The class that Ray Data starts for each stage: it loads an actor once and feeds it tables."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from actors.apply import apply
from actors.base import Actor, Filter
from pipelines.engine.ledger import Crash
from pipelines.engine.reporter import Reporter

PIECE_BYTES = 64 * 2**20  # what a worker gathers before it hands rows on; pictures make rows heavy


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
