"""The plan of a run, and a forecast of its time from a timed sample."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.engine.ingest import write_input
from pipelines.engine.ledger import StageCount
from pipelines.engine.pipeline import Group, Pipeline, Stage
from pipelines.engine.preflight import check_pipeline, check_source
from pipelines.engine.resume import Finished
from pipelines.engine.run import RunOptions, Session, execute
from pipelines.engine.run_folder import RunFolder
from pipelines.schema import Row
from pipelines.sources.derived import DerivedSource

SAMPLE_BATCHES = 8


@dataclass(frozen=True)
class StagePlan:
    """One pool and its forecast: seconds per row of one worker, with a 95 % interval."""

    name: str
    workers: int
    cpus: float
    gpus: float
    seconds_per_row: tuple[float, float, float]
    hours: tuple[float, float, float]


@dataclass(frozen=True)
class Plan:
    """The whole run's forecast; triples are (low, expected, high)."""

    name: str
    rows: int
    broken_rows: int
    sampled: int
    stages: tuple[StagePlan, ...]
    hours: tuple[float, float, float]
    gpu_hours: tuple[float, float, float]


@dataclass
class SampleSource(DerivedSource):
    """A few rows of another source, as they came."""

    sampled: list[Row]

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        yield from self.sampled


def plan_pipeline(pipeline: Pipeline, options: RunOptions, sample_rows: int = 128) -> Plan:
    """Runs `sample_rows` rows, spread over the input, and forecasts the rest; writes nothing to `out`.

    Raises:
        ValueError: whatever the run itself would refuse.
    """
    check_source(pipeline, options.limit)
    check_pipeline(pipeline)
    with tempfile.TemporaryDirectory(prefix="etiquette-plan-") as folder:
        whole, schema = Path(folder) / "all", pipeline.input_schema()
        table = write_input(pipeline.source, whole, schema, limit=options.limit)
        rows = table.take(evenly_spread(table.rows, sample_rows))
        sample = _sample_pipeline(pipeline, rows, Path(folder))
        run = RunFolder(sample.out)
        sampled = write_input(sample.source, run.input, sample.input_schema())
        run.shards.mkdir()
        run.checkpoint.mkdir()
        allowing = replace(options, limit=None, max_failed=1.0)
        snapshot = execute(Session(sample, allowing, run, sampled, time.time()), Finished())
        counts = {name: forecast_row(count) for name, count in snapshot.stages.items()}
    return forecast(pipeline, table.rows, table.failed, len(rows), counts)


def evenly_spread(rows: int, sample_rows: int) -> list[int]:
    """Ascending row numbers, at most `sample_rows` of them, spread evenly over `rows`."""
    if rows <= sample_rows:
        return list(range(rows))
    return [int((i + 0.5) * rows / sample_rows) for i in range(sample_rows)]


def _sample_pipeline(pipeline: Pipeline, rows: list[Row], folder: Path) -> Pipeline:
    size = max(1, len(rows) // SAMPLE_BATCHES)
    stages = [replace(part, batch_size=size) if isinstance(part, Stage) else part for part in pipeline.stages]
    return replace(pipeline, source=SampleSource(pipeline.source, rows), stages=stages, out=folder / "sample")


def forecast_row(count: StageCount) -> tuple[float, float, float]:
    """Seconds per row (low, mean, high), a ratio estimate; the first batch, which warms up, is left out."""
    batches = list(count.batches)
    timed = batches[1:] if len(batches) > 2 else batches
    rows = sum(size for size, _ in timed)
    if not rows:
        return (0.0, 0.0, 0.0)
    mean = sum(seconds for _, seconds in timed) / rows
    if len(timed) == 1:
        return (0.0, mean, 2 * mean)
    residuals = sum((seconds - mean * size) ** 2 for size, seconds in timed)
    spread = 1.96 * (residuals * len(timed) / (len(timed) - 1)) ** 0.5 / rows
    return (max(0.0, mean - spread), mean, mean + spread)


def forecast(
    pipeline: Pipeline, rows: int, broken: int, sampled: int, costs: Mapping[str, tuple[float, float, float]]
) -> Plan:
    """The plan from seconds per row: the slowest pool decides, every GPU is held to the end."""
    stages = [_stage_plan(group, rows, costs[group.name]) for group in pipeline.groups]
    gpus = sum(stage.gpus * stage.workers for stage in stages)
    low, middle, high = map(max, zip(*(stage.hours for stage in stages), strict=True))
    gpu_hours = (gpus * low, gpus * middle, gpus * high)
    return Plan(pipeline.name, rows, broken, sampled, tuple(stages), (low, middle, high), gpu_hours)


def _stage_plan(group: Group, rows: int, cost: tuple[float, float, float]) -> StagePlan:
    workers = group.stage.workers[1]
    low, middle, high = (rows * seconds / workers / 3600 for seconds in cost)
    return StagePlan(group.name, workers, group.stage.cpus, group.stage.gpus, cost, (low, middle, high))
