"""What a person reads when a run stops."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from actors.base import BadRow
from pipelines.engine.failures import StageCrashed, failed_rows, failure_summary, plain_error, with_earlier
from pipelines.engine.ingest import to_table
from pipelines.engine.ledger import Crash, Ledger
from pipelines.schema import base_schema, failed_row, live_row


def test_a_value_error_of_a_worker_names_its_rows_and_where_its_traceback_is(tmp_path: Path) -> None:
    file = tmp_path / "crash.txt"
    trace = 'File "scores.py", line 7\nValueError: operands could not be broadcast: \ud83d'
    crash = Crash("Halves", "on a batch that starts with ['a/1']", "ValueError", "operands", trace)
    said = plain_error(crash, file)
    assert isinstance(said, ValueError)
    assert "Halves: operands" in str(said)
    assert "starts with ['a/1']" in str(said)
    assert str(file) in str(said)
    assert 'File "scores.py", line 7' in file.read_text()
    broken = plain_error(Crash("Halves", "while it loaded", "KeyError", "x", trace), file)
    assert isinstance(broken, StageCrashed)
    assert "Halves raised KeyError while it loaded" in file.read_text()
    assert str(file) in str(broken)


def test_failed_rows_are_counted_once_by_reason_and_the_first_three_are_shown(tmp_path: Path) -> None:
    names = {"dataset": "a", "task": "t"}
    failed = [failed_row(BadRow("torn", f"row {i} is torn"), id=f"a/{i}", **names) for i in range(4)]
    pq.write_table(
        to_table([live_row(id="a/9", **names), *failed], base_schema()), tmp_path / "shard.parquet"
    )
    pq.write_table(to_table(failed[:2], base_schema()), tmp_path / "input.parquet")
    snapshot = failed_rows([tmp_path / "shard.parquet", tmp_path / "input.parquet"])
    assert (snapshot.failed, snapshot.reasons, snapshot.stopped) == (4, {"torn": 4}, True)
    words = {"failed": {"torn": "cut off in the middle"}}
    lines = failure_summary(snapshot, rows=8, max_failed=0.125, out=tmp_path, words=words).splitlines()
    assert lines[0] == "stopped: 4 rows failed, more than the 1 allowed of 8 (50.0%, --max-failed 12.5%)"
    assert lines[1:4] == [
        "by reason: torn (cut off in the middle): 4",
        "  a/0: torn: row 0 is torn",
        "  a/1: torn: row 1 is torn",
    ]
    assert "--retry-failed" in lines[-1]


def test_rows_that_failed_before_are_in_the_reasons_too_so_that_they_add_up(tmp_path: Path) -> None:
    names = {"dataset": "a", "task": "t"}
    before = [failed_row(BadRow("torn", "x"), id=f"a/{i}", **names) for i in range(2)]
    pq.write_table(to_table(before, base_schema()), tmp_path / "input.parquet")
    ledger = Ledger(["A"], max_failed_rows=2, failed_before=["a/0", "a/1"])
    marks = [{"id": f"b/{i}", "status": "failed", "reason": "hot", "detail": "y"} for i in range(3)]
    for _ in range(2):  # a batch that is repeated
        ledger.report("A", [(3, 0.1)], marks)
    snapshot = with_earlier(ledger.snapshot(), failed_rows([tmp_path / "input.parquet"]))
    assert (snapshot.failed, snapshot.reasons) == (5, {"torn": 2, "hot": 3})
    said = failure_summary(snapshot, rows=9, max_failed=0.2, out=tmp_path, words={})
    assert "stopped: 5 rows failed" in said and "by reason: hot: 3, torn: 2" in said
