"""A finished distortion run as its report reads it."""

from __future__ import annotations

from pathlib import Path

import pytest
from distortion_rows import row, write_run

from pipelines.reports.distortion.run import DistortionRun


def test_rows_are_in_the_order_of_ids_and_strategies_in_the_papers(run: DistortionRun) -> None:
    assert [one["id"] for one in run.rows] == [f"a/all/{number}" for number in range(7)]
    assert run.strategies == ["llm", "random"]


def test_rows_of_a_strategy_are_told_from_those_that_came_through(run: DistortionRun) -> None:
    assert (len(run.given("llm")), len(run.live("llm"))) == (4, 3)
    assert (len(run.given("boxes")), run.not_chosen()) == (0, 1)


def test_a_run_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="runs of 'distort'"):
        DistortionRun.read(write_run(tmp_path / "run", [row(0, "llm", "dog")], name="annotate"))
