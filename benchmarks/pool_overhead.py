"""A pipeline against the same actor in a plain loop, rows/s in steady state.

Expected before the first run: about 0.4 ms per batch for Ray's hand-over, marks and the ledger, so
0.99 of the loop at 50 ms per batch and 0.92 at 5 ms. Required: 0.95 and 0.85.
Without the ledger's reports the same run should be less than 3 % faster.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

from benchmarks.results_table import write_results
from benchmarks.sleeping import Rows, Sleeper
from pipelines.ingest import write_input
from pipelines.pipeline import Pipeline, Stage

BATCH = 64
CASES = ((0.050, 80), (0.005, 800))  # seconds per batch, batches


def plain_loop(actor: Sleeper, rows: int) -> float:
    """Rows per second of `annotate` over tables of BATCH rows, without anything around it."""
    table = pa.table({"id": [f"rows/all/{i:08d}" for i in range(BATCH)]})
    start = time.perf_counter()
    for _ in range(rows // BATCH):
        actor.annotate(table)
    return rows / (time.perf_counter() - start)


def pipeline_rate(seconds: float, rows: int, *, reports: bool = True) -> float:
    """Rows per second between the first and the last batch of a whole run."""
    from pipelines import worker

    report = worker.StageWorker._report
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline(
            "overhead", Rows(rows), [Stage(Sleeper(seconds), batch_size=BATCH)], Path(folder) / "run"
        )
        if not reports:
            worker.StageWorker._report = lambda *_: None  # type: ignore[method-assign]
        try:
            manifest = pipeline.run()
        finally:
            worker.StageWorker._report = report  # type: ignore[method-assign]
        done = sorted(manifest.table(["done_at"])["done_at"].to_pylist())
    return (rows - BATCH) / (done[-1] - done[0])


def input_rate(rows: int) -> float:
    """Rows per second of writing the input table on the driver."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline("input", Rows(rows), [Stage(Sleeper())], Path(folder))
        start = time.perf_counter()
        write_input(pipeline.source, Path(folder), pipeline.input_schema())
        return rows / (time.perf_counter() - start)


def main() -> None:
    lines = []
    for seconds, batches in CASES:
        rows = BATCH * batches
        loop = plain_loop(Sleeper(seconds), rows)
        ours = pipeline_rate(seconds, rows)
        silent = pipeline_rate(seconds, rows, reports=False)
        again = plain_loop(Sleeper(seconds), rows)
        loop = (loop + again) / 2
        lines.append(
            [
                f"{seconds * 1000:.0f} ms",
                f"{loop:.0f}",
                f"{ours:.0f}",
                f"{ours / loop:.3f}",
                f"{1 - ours / silent:+.1%}",
            ]
        )
    heading = [
        "work per batch",
        "plain loop, rows/s",
        "pipeline, rows/s",
        "pipeline / loop",
        "ledger's share",
    ]
    note = f"batches of {BATCH} rows, one worker; writing the input table: {input_rate(50_000):.0f} rows/s"
    write_results("pool_overhead", "Pool overhead", heading, lines, note=note, doc=__doc__ or "")


if __name__ == "__main__":
    sys.exit(main())
