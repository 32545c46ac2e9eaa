"""What reaches the ledger, and when."""

from __future__ import annotations

import threading
from typing import Any

import pyarrow as pa

from pipelines.engine.reporter import INTERVAL_S, Reporter


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
