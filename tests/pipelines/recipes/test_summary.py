"""What a verb prints when its run is done, or planned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from finished_run import write_finished

from pipelines.engine.plan import Plan, StagePlan
from pipelines.manifest import Manifest
from pipelines.recipes.summary import print_plan, print_summary
from pipelines.schema import base_schema, live_row


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    rows = [live_row(id=f"a/{i}", dataset="a", task="t") for i in range(3)]
    rows.append(live_row(id="a/3", dataset="a", task="t") | {"status": "dropped", "reason": "too_short"})
    table = pa.Table.from_pylist(rows, base_schema())
    finished = Manifest.read(write_finished(tmp_path, table, name="test", pictures=tmp_path))
    reasons = {"dropped": {"too_short": 1}, "failed": {}}
    return replace(finished, reasons=reasons, timings={"wall_s": 90.4, "runs": 2})


def test_rows_are_told_by_outcome_and_reason_with_their_share(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary(manifest)
    words = capsys.readouterr().out
    lines = [[cell.strip() for cell in line.split("│")] for line in words.splitlines()]
    for cells in (
        ["rows in", "4", ""],
        ["kept", "3", "75.0%"],
        ["dropped", "1", "25.0%"],
        ["too_short", "1", ""],
    ):
        assert cells in lines
    assert "90 s in the last of 2 starts" in words
    assert str(manifest.path / "manifest.json") in words
    assert "when repeated" not in words


def test_what_is_present_and_not_used_is_named(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    print_summary(manifest)
    assert "not used" not in capsys.readouterr().out
    print_summary(replace(manifest, config={"unused": {"column url": 4, "system turn": 7}}))
    assert "present and not used: system turn: 7, column url: 4\n" in capsys.readouterr().out


def test_rows_that_changed_when_they_were_repeated_are_told(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    repeats = {"dtype": "bfloat16", "rows_repeated": 6, "rows_changed": 1}
    print_summary(replace(manifest, determinism=repeats))
    assert "bfloat16: 1 of 6 rows changed when repeated" in capsys.readouterr().out


def test_a_plan_shows_its_pools_and_how_sure_the_forecast_is(capsys: pytest.CaptureFixture[str]) -> None:
    stage = StagePlan("Labels", 2, 4.0, 0.5, (0.1, 0.2, 0.3), (0.5, 1.0, 1.5))
    print_plan(Plan("annotate", 36_000, 7, 128, (stage,), (0.5, 1.0, 1.5), (0.5, 1.0, 1.5)))
    words = capsys.readouterr().out
    assert "36000 rows (7 arrive broken), 128 timed" in words
    assert "2 x (4 CPU, 0.5 GPU)" in words and "0.2000" in words
    assert "whole run: 60 min (30 min to 90 min) and 1.00 (0.50 to 1.50) GPU-hours" in words
