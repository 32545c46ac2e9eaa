"""`report OUT…`: one HTML page on finished annotation runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def report(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional], /, *, out: Path = Path("report.html")
) -> None:
    """Writes one self-contained HTML page that compares the runs.

    Args:
        runs: Output folders of annotate.
        out: The page.
    """
    from pipelines.reports.annotation import write_report

    print(f"report: {write_report(runs, out).resolve()}")
