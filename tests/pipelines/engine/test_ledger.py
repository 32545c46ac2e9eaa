"""When a run has gone wrong as a whole."""

from __future__ import annotations

from pipelines.engine.ledger import Ledger, max_failed_rows


def failed(*keys: str) -> list[dict[str, str]]:
    return [{"id": key, "status": "failed", "reason": "bad", "detail": f"{key} is bad"} for key in keys]


def test_the_run_stops_when_more_rows_failed_than_are_allowed() -> None:
    ledger = Ledger(["A"], max_failed_rows=2, failed_before=["x"])
    assert ledger.report("A", [(10, 0.1)], failed("a")) is False
    assert ledger.report("A", [(10, 0.1)], failed("b")) is True
    snapshot = ledger.snapshot()
    assert (snapshot.stopped, snapshot.failed, snapshot.reasons) == (True, 3, {"bad": 2})
    assert snapshot.stages["A"].rows == 20


def test_a_batch_that_is_reported_twice_fails_its_rows_once() -> None:
    ledger = Ledger(["A"], max_failed_rows=2)
    assert ledger.report("A", [(2, 0.1)], failed("a", "b")) is False
    assert ledger.report("A", [(2, 0.1)], failed("a", "b")) is False
    assert (ledger.snapshot().failed, ledger.snapshot().reasons) == (2, {"bad": 2})


def test_reasons_are_those_of_failed_rows_that_were_not_known_before() -> None:
    ledger = Ledger(["A"], max_failed_rows=9, failed_before=["x"])
    dropped = {"id": "d", "status": "dropped", "reason": "too_short", "detail": ""}
    ledger.report("A", [(4, 0.1)], [*failed("a", "x"), dropped])
    snapshot = ledger.snapshot()
    assert (snapshot.failed, snapshot.reasons) == (2, {"bad": 1})
    assert (snapshot.stages["A"].failed, snapshot.stages["A"].dropped) == (2, 1)


def test_three_examples_of_a_reason_are_kept() -> None:
    ledger = Ledger(["A"], max_failed_rows=9)
    ledger.report("A", [(5, 0.1)], failed(*"abcde"))
    assert [row["id"] for row in ledger.snapshot().examples] == ["a", "b", "c"]


def test_one_row_may_always_fail_unless_none_may() -> None:
    assert max_failed_rows(0.01, 30) == 1
    assert max_failed_rows(0.01, 1000) == 10
    assert max_failed_rows(0.0, 1000) == 0
    assert max_failed_rows(1.0, 7) == 7
