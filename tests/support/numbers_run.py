"""A run for the tests to kill: numbers, squared slowly, with a journal of every row that was worked on.

Usage: numbers_run.py OUT JSON, the JSON holding any of the fields of `Plan`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import Annotator, BadRow, Filter
from pipelines.engine.failures import TooManyFailed
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import RunOptions, run_pipeline
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.source import Source


@dataclass
class Plan:
    rows: int = 300
    pause_s: float = 0.0
    batch: int = 10
    workers: int = 1
    bad_every: int = 0
    suicide_at: int = -1
    factor: int = 1
    broken_source_row: int = -1
    max_failed: float = 0.01
    fresh: bool = False
    retry_failed: bool = False
    limit: int | None = None


@dataclass
class Numbers(Source):
    count: int
    broken: int = -1

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for i in range(self.count):
            names = {"id": f"numbers/all/{i}", "dataset": "numbers", "task": "text"}
            if i == self.broken:
                yield failed_row(BadRow("malformed_record", "planted"), **names)
            else:
                yield live_row(**names, instruction=str(i))


@dataclass
class Square(Annotator):
    journal: str
    pause_s: float = 0.0
    bad_every: int = 0
    suicide_at: int = -1
    factor: int = 1

    reads = ("id", "instruction")
    writes = {"square": pa.int64()}

    def identity(self) -> dict[str, Any]:
        return {"factor": self.factor}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        values = [int(text) for text in table["instruction"].to_pylist()]
        died = Path(self.journal + ".died")
        if self.suicide_at in values and not died.exists():
            died.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        with open(self.journal, "a") as journal:
            journal.write("".join(f"{value}\n" for value in values))
        time.sleep(self.pause_s)
        return {"square": [self._square(value) for value in values]}

    def _square(self, value: int) -> int | BadRow:
        if self.bad_every and value % self.bad_every == 0:
            return BadRow("bad_number", f"{value} is planted")
        return value * value * self.factor


@dataclass
class EvenSquare(Filter):
    reads = ("square",)
    reasons = {"odd_square": "odd square"}

    def keep(self, table: pa.Table) -> pa.Array:
        return pc.equal(pc.bit_wise_and(table["square"].combine_chunks(), 1), 0)


def main(out: str, plan: Plan) -> None:
    square = Square(
        journal=out + ".journal",
        pause_s=plan.pause_s,
        bad_every=plan.bad_every,
        suicide_at=plan.suicide_at,
        factor=plan.factor,
    )
    stage = Stage(square, workers=(plan.workers, plan.workers), batch_size=plan.batch)
    source = Numbers(plan.rows, plan.broken_source_row)
    options = RunOptions(plan.limit, plan.max_failed, plan.fresh, plan.retry_failed)
    try:
        manifest = run_pipeline(Pipeline("numbers", source, [stage, EvenSquare()], Path(out)), options)
    except (ValueError, TooManyFailed) as error:
        print(f"{type(error).__name__}: {error}")
        sys.exit(3)
    print(json.dumps({"rows": manifest.rows, "reasons": manifest.reasons, "out": str(manifest.path)}))


if __name__ == "__main__":
    main(sys.argv[1], Plan(**json.loads(sys.argv[2])))
