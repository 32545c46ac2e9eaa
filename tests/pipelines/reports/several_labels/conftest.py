"""An annotation run that gives several labels per row."""

from __future__ import annotations

from typing import Any

import pytest
from film_rows import FILMS, ROWS

from pipelines.reports.several_labels.run import LabelSetRun


@pytest.fixture
def run(make_run: Any) -> LabelSetRun:
    return LabelSetRun.read(make_run("run", ROWS, task=FILMS, mode="rank", calibrate=True))
