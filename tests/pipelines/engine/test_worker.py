"""A worker cuts batches and counts them; the ledger's handle is a plain object here."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import Annotator, Filter
from pipelines.engine.worker import INTERVAL_S, PIECE_BYTES, Reporter, StageWorker, worker_class
from pipelines.schema import base_schema, live_row


class Handle:
    """The methods of a Ray actor handle: keeps what `remote` got under the method's name."""

    def __init__(self) -> None:
        self.calls: dict[str, list[Any]] = {"loaded": [], "report": [], "crashed": []}

    def __getattr__(self, name: str) -> Any:
        class Method:
            def remote(_, *arguments: Any) -> None:
                self.calls[name].append(arguments)

        return Method()


@dataclass
class Lengths(Annotator):
    reads = ("instruction",)
    writes = {"length": pa.int64()}
    loads = 0

    def load(self) -> None:
        self.loads += 1

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        if "break" in table["instruction"].to_pylist():
            raise KeyError("break")
        return {"length": [len(text) for text in table["instruction"].to_pylist()]}


@dataclass
class Short(Filter):
    reads = ("length",)
    reasons = {"short": "too short"}

    def keep(self, table: pa.Table) -> pa.Array:
        return pc.greater(table["length"].combine_chunks(), 3)


def block(*texts: str) -> pa.Table:
    rows = [live_row(id=f"a/{i}", dataset="a", task="t", instruction=text) for i, text in enumerate(texts)]
    return pa.Table.from_pylist(rows, base_schema())


def worker(handle: Handle, **options: Any) -> StageWorker:
    return StageWorker(Lengths(), [Short()], "Lengths", handle, **{"batch_size": 2, **options})


def test_a_block_is_cut_into_batches_and_comes_back_in_one_piece() -> None:
    handle = Handle()
    [table] = worker(handle)(block("one", "three", "seven", "ten", "eleven"))
    assert table["length"].to_pylist() == [3, 5, 5, 3, 6]
    assert table["reason"].to_pylist() == ["short", None, None, "short", None]
    assert handle.calls["loaded"] == [("Lengths",)]


def test_rows_that_weigh_much_are_handed_on_before_the_block_is_done() -> None:
    heavy = "x" * (PIECE_BYTES // 2)
    tables = list(worker(Handle())(block(heavy, heavy, "three", "seven")))
    assert [table.num_rows for table in tables] == [2, 2]


def test_the_model_is_loaded_once_however_many_blocks_come() -> None:
    working = worker(Handle())
    for _ in range(2):
        list(working(block("three")))
    assert working.actor.loads == 1


def test_the_last_stage_leaves_transient_columns_behind() -> None:
    [table] = worker(Handle(), columns=["id", "status", "length"])(block("three"))
    assert table.column_names == ["id", "status", "length"]


def test_an_empty_block_has_the_columns_of_a_full_one() -> None:
    [table] = worker(Handle())(block())
    assert table.num_rows == 0
    assert "length" in table.column_names


def test_rows_that_come_after_the_run_was_stopped_are_left_for_the_next_start() -> None:
    handle = Handle()
    stopped = worker(handle)
    stopped.stop = True
    [table] = stopped(block("three", "seven"))
    assert table.num_rows == 0
    assert handle.calls["report"] == []


def test_workers_carry_their_actors_name() -> None:
    assert worker_class(Lengths()).__name__ == "Lengths"


class Calls:
    """Stands where a Ray actor handle would: keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []
        self.came = threading.Event()
        self.report = self

    def remote(self, *arguments: Any) -> None:
        self.sent.append(arguments)
        self.came.set()


def batch(*status: str) -> pa.Table:
    ids = [str(i) for i in range(len(status))]
    blank = [None] * len(status)
    return pa.table({"id": ids, "status": list(status), "reason": blank, "detail": blank})


def live(rows: int) -> pa.ChunkedArray:
    return pa.chunked_array([["live"] * rows])


def test_quick_batches_are_gathered_and_all_arrive() -> None:
    ledger = Calls()
    reporter = Reporter(ledger, "A")
    reporter.add(batch("live"), live(1), 0.001)
    assert ledger.sent == [("A", [(1, 0.001)], [])]
    ledger.came.clear()
    for _ in range(5):
        reporter.add(batch("live", "live"), live(2), 0.002)
    assert len(ledger.sent) == 1
    assert ledger.came.wait(INTERVAL_S * 20)
    assert ledger.sent[1] == ("A", [(2, 0.002)] * 5, [])


def test_a_failed_row_is_told_at_once_with_what_was_waiting() -> None:
    ledger = Calls()
    reporter = Reporter(ledger, "A")
    reporter.add(batch("live"), live(1), 0.1)
    reporter.add(batch("live"), live(1), 0.2)
    reporter.add(batch("live", "failed"), live(2), 0.3)
    assert ledger.sent[1][1] == [(1, 0.2), (2, 0.3)]
    assert [row["id"] for row in ledger.sent[1][2]] == ["1"]


def test_rows_that_came_in_marked_are_not_counted_again() -> None:
    ledger = Calls()
    Reporter(ledger, "A").add(batch("failed"), pa.chunked_array([["failed"]]), 0.1)
    assert ledger.sent[0][2] == []
