"""`report OUT…`: one HTML page on finished runs of one kind."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from pipelines.command_line.paths import absolute_paths


@absolute_paths
def report(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional], /, *, out: Path = Path("report.html")
) -> None:
    """Writes one self-contained HTML page that compares the runs.

    Args:
        runs: Output folders of runs of one verb or of one pipeline of your own.
        out: The page.
    """
    from pipelines.reports.pages import write_report

    print(f"report: {write_report(runs, out).resolve()}")
