"""Peak memory of the driver over a run of 1,000,000 rows, and over its resume.

Expected before the first run: Python, Arrow and Ray about 250 MiB; 1,000,000 ids at 8 bytes of hash in
Python sets about 130 MiB each while balancing; so 500 to 600 MiB. Required: below 1 GiB.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pipelines.sleeping import Rows, Sleeper
from benchmarks.results_table import write_results
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import run_pipeline

ROWS = 1_000_000
BATCH = 4096


def main(rows: int = ROWS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        pipeline = Pipeline("memory", Rows(rows), [Stage(Sleeper(), batch_size=BATCH)], out)
        start = time.perf_counter()
        manifest = run_pipeline(pipeline)
        wall = time.perf_counter() - start
        first = _peak_mib()
        shard = out / manifest.shards[0]["path"]
        shard.unlink()
        (out / "manifest.json").unlink()
        manifest = run_pipeline(pipeline)
        assert manifest.rows["in"] == rows
    lines = [
        [f"{rows:,} rows", f"{first:.0f} MiB", f"{wall:.0f} s", f"{rows / wall:.0f}"],
        ["resume with one shard lost", f"{_peak_mib():.0f} MiB", "", ""],
    ]
    heading = ["run", "driver's peak memory", "wall time", "rows/s"]
    write_results("driver_memory", "Driver memory", heading, lines, note="", doc=__doc__ or "")


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
