"""A distortion run of two strategies, read once."""

from __future__ import annotations

import pytest
from distortion_rows import POLITE, row, write_run

from pipelines.reports.distortion.page import DistortionRun

UNFINISHED = {"status": "dropped", "reason": "distortion_unfinished", "detail": "no end"}
ROWS = [
    row(5, "random", "in the dog", distortion_detail="swap 0.25 + crop 3"),
    row(4, "random", POLITE, distortion_detail="swap 0.5 + crop 1"),
    *(row(number, "llm", "large dog") for number in range(3)),
    row(3, "llm", None, **UNFINISHED),
    row(6, None, None, status="dropped", reason="not_in_mix"),
]


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> DistortionRun:
    return DistortionRun.read(write_run(tmp_path_factory.mktemp("distorted") / "run", ROWS))
