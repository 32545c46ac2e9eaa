"""Forecasts come from timed batches and say how sure they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from numbers_run import Numbers, Square

from pipelines.engine.ledger import StageCount
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.plan import evenly_spread, forecast, forecast_row, plan_pipeline
from pipelines.engine.run import RunOptions
from pipelines.schema import Row

pytestmark = pytest.mark.usefixtures("shared_ray")


def counted(*batches: tuple[int, float]) -> StageCount:
    return StageCount(batches=deque(batches))


def test_the_first_batch_which_warms_up_is_not_counted() -> None:
    low, mean, high = forecast_row(counted((10, 60.0), (10, 1.0), (10, 1.2), (10, 0.8)))
    assert mean == pytest.approx(0.1)
    assert low < 0.1 < high
    assert high < 0.15


def test_one_batch_alone_is_not_sure_of_anything() -> None:
    assert forecast_row(counted((10, 1.0))) == (0.0, pytest.approx(0.1), pytest.approx(0.2))


def test_the_sample_is_spread_over_the_rows() -> None:
    assert evenly_spread(5, 8) == [0, 1, 2, 3, 4]
    assert evenly_spread(1000, 4) == [125, 375, 625, 875]


def test_the_slowest_pool_decides_and_every_gpu_is_held_to_the_end(tmp_path: Path) -> None:
    stages = [Stage(Square("j"), workers=(2, 2)), Stage(Square("k"), workers=(4, 4), gpus=0.5)]
    pipeline = Pipeline("p", Numbers(10), stages, tmp_path)
    costs = {"Square": (0.5, 1.0, 2.0), "Square2": (1.0, 4.0, 8.0)}
    plan = forecast(pipeline, 3600, 7, 64, costs)
    assert plan.hours == (0.25, 1.0, 2.0)
    assert plan.gpu_hours == (0.5, 2.0, 4.0)
    assert plan.broken_rows == 7


@dataclass
class CountedReads(Numbers):
    reads: ClassVar[list[int]] = []

    def rows(self) -> Iterator[Row]:
        self.reads.append(self.count)
        yield from super().rows()


def test_a_timed_sample_forecasts_and_leaves_no_trace(tmp_path: Path) -> None:
    square = Square(str(tmp_path / "journal"), pause_s=0.2)
    pipeline = Pipeline("p", CountedReads(36_000), [Stage(square)], tmp_path / "out")
    plan = plan_pipeline(pipeline, RunOptions(), sample_rows=64)
    assert plan.rows == 36_000
    assert plan.sampled == 64
    assert CountedReads.reads == [36_000]  # large sets are read once
    low, hours, high = plan.hours
    assert low <= hours <= high
    assert hours == pytest.approx(36_000 * 0.2 / 8 / 3600, rel=0.5)  # batches of 8 rows take 0.2 s
    assert not (tmp_path / "out").exists()
