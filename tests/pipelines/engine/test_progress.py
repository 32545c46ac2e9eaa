"""What a log file and a terminal show of a run."""

from __future__ import annotations

import io

from pipelines.engine.ledger import Snapshot, StageCount
from pipelines.engine.progress import PLAIN_LINE_S, Bars, PlainLines


def snapshot(**stages: StageCount) -> Snapshot:
    return Snapshot(stages, {}, [], 0, False)


def plain(rows: int = 10) -> tuple[PlainLines, io.StringIO]:
    stream = io.StringIO()
    return PlainLines(["A"], rows, stream), stream


def test_a_log_gets_a_line_a_stage_when_the_run_ends_however_short_it_was() -> None:
    lines, log = plain()
    lines.show(snapshot(A=StageCount(rows=10, dropped=2, failed=1), B=StageCount()))
    assert log.getvalue() == ""
    lines.close()
    first, second = log.getvalue().splitlines()
    assert first.startswith("A: 10/10 rows, ")
    assert first.endswith("0 s left, 2 dropped, 1 failed")
    assert second == "B: loading"


def test_a_log_is_not_flooded_while_the_run_works() -> None:
    lines, log = plain()
    for rows in range(1, 5):
        lines.show(snapshot(A=StageCount(rows=rows)))
    assert log.getvalue() == ""
    lines.last -= PLAIN_LINE_S
    lines.show(snapshot(A=StageCount(rows=5)))
    lines.show(snapshot(A=StageCount(rows=6)))
    assert len(log.getvalue().splitlines()) == 1
    assert "5/10 rows" in log.getvalue()


def test_a_stage_with_its_model_in_memory_waits_for_rows() -> None:
    lines, log = plain()
    lines.show(snapshot(A=StageCount(workers=1)))
    lines.close()
    assert log.getvalue() == "A: waiting for rows\n"


def test_rows_that_a_retried_block_reports_twice_do_not_overfill_the_count() -> None:
    lines, log = plain(rows=4)
    lines.show(snapshot(A=StageCount(rows=6)))
    lines.close()
    assert "4/4 rows" in log.getvalue()
    bars = Bars(["A"], 4, io.StringIO())
    bars.show(snapshot(A=StageCount(rows=6, dropped=1)))
    assert bars.progress.tasks[0].completed == 4
    assert bars.progress.tasks[0].fields["marks"] == ", 1 dropped"
    bars.close()


def test_a_bar_says_that_its_model_loads_until_rows_are_done() -> None:
    bars = Bars(["A"], 4, io.StringIO())
    bars.show(snapshot(A=StageCount()))
    assert bars.progress.tasks[0].fields["rate"] == "loading"
    bars.show(snapshot(A=StageCount(rows=2)))
    assert bars.progress.tasks[0].fields["rate"].endswith("rows/s")
    bars.close()
