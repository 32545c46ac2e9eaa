"""One finished run of the rewriter for all tests that look at what it left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from distorted_run import SMALL, polite_rows, write_base, write_run

from trainers.loop.launch import WorkerFlags
from trainers.rewriter.verb import rewriter

HERE = WorkerFlags(workers=0)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run trained to its end in this process: `base`, `data` and `out` beside one another. Read only."""
    root = tmp_path_factory.mktemp("rewriter")
    rows = polite_rows(40)
    rows[5] |= {"status": "dropped", "reason": "too_short"}
    rows[6] |= {"response_original": "long " * 60}
    rewriter((write_run(root / "data", rows),), out=root / "out", base=str(write_base(root / "base")),
             training=SMALL, workers=HERE)  # fmt: skip
    return root
