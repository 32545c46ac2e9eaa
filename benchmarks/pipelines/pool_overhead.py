"""A pipeline against the same actor in a plain loop, rows/s in steady state.

Expected before the first run: about 0.4 ms per batch for Ray's hand-over, marks and the ledger, so
0.99 of the loop at 50 ms per batch and 0.92 at 5 ms. Required: 0.95 and 0.85.
Without the ledger's reports the same run should be less than 3 % faster.

The work is waiting, as for a device. The last line computes instead (a fixed amount of hashing): where
two hardware threads share a core, whatever Ray does on one slows the other, plain loop or pipeline; its
figures differ by a tenth from run to run, the ledger's share among them.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pyarrow as pa

from benchmarks.pipelines.sleeping import Rows, Sleeper, hasher
from benchmarks.results_table import write_results
from pipelines.engine.ingest import write_input
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import run_pipeline

BATCH = 64
CASES = ((0.050, 100), (0.005, 1000))  # seconds per batch, batches


def plain_loop(actor: Sleeper, rows: int) -> float:
    """Rows per second of `annotate` over tables of BATCH rows, without anything around it."""
    table = pa.table({"id": [f"rows/all/{i:08d}" for i in range(BATCH)]})
    start = time.perf_counter()
    for _ in range(rows // BATCH):
        actor.annotate(table)
    return rows / (time.perf_counter() - start)


def pipeline_rate(actor: Sleeper, rows: int, *, reports: bool = True) -> float:
    """Rows per second of a run once it is under way: the first quarter of the rows is left out."""
    from ray import cloudpickle

    from pipelines.engine import worker

    add = worker.Reporter.add
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline("overhead", Rows(rows), [Stage(actor, batch_size=BATCH)], Path(folder) / "run")
        cloudpickle.register_pickle_by_value(worker)  # so that the workers get this process's classes
        if not reports:
            worker.Reporter.add = lambda *_: None  # type: ignore[method-assign]
        try:
            manifest = run_pipeline(pipeline)
        finally:
            worker.Reporter.add = add  # type: ignore[method-assign]
        done = sorted(manifest.table(["done_at"])["done_at"].to_pylist())
    return (rows - rows // 4) / (done[-1] - done[rows // 4 - 1])


def input_rate(rows: int) -> float:
    """Rows per second of writing the input table on the driver."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = Pipeline("input", Rows(rows), [Stage(Sleeper())], Path(folder))
        start = time.perf_counter()
        write_input(pipeline.source, Path(folder), pipeline.input_schema())
        return rows / (time.perf_counter() - start)


def compared(work: str, actor: Sleeper, rows: int) -> list[str]:
    """One line of the table; means of two runs, the sides taking turns."""
    loop = ours = silent = 0.0
    for _ in range(2):
        loop += plain_loop(actor, rows) / 2
        ours += pipeline_rate(actor, rows) / 2
        silent += pipeline_rate(actor, rows, reports=False) / 2
    return [work, f"{loop:.0f}", f"{ours:.0f}", f"{ours / loop:.3f}", f"{1 - ours / silent:+.1%}"]


def main() -> None:
    lines = [
        compared(f"{seconds * 1000:.0f} ms of waiting", Sleeper(seconds), BATCH * batches)
        for seconds, batches in CASES
    ]
    lines.append(compared("5 ms of hashing", hasher(0.005), BATCH * CASES[-1][1]))
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
    main()
