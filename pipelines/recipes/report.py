"""`report OUT…`: one HTML page on finished runs of one kind."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.manifest import Manifest

# Module with write_report(folders, out), by the name in the runs' manifests.
PAGES: Mapping[str, str] = {
    "annotate": "pipelines.reports.annotation.page",
    "classify": "pipelines.reports.classified.page",
    "distort": "pipelines.reports.distortion.page",
    "filter": "pipelines.reports.filter.page",
    "rewrite": "pipelines.reports.filter.page",  # where it filtered too
}


@absolute_paths
def report(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional], /, *, out: Path = Path("report.html")
) -> None:
    """Writes one self-contained HTML page that compares the runs.

    Args:
        runs: Output folders of runs of one verb: annotate, classify, distort, filter, or rewrite --filter.
        out: The page.
    """
    page = import_module(PAGES[kind_of(runs)])
    print(f"report: {page.write_report(runs, out).resolve()}")


def kind_of(runs: tuple[Path, ...]) -> str:
    """The verb that made all of the runs; `annotate` for none, whose page says what is missing.

    Raises:
        ValueError: runs of several kinds, or of one that has no page.
    """
    kinds = sorted({Manifest.read(folder).name for folder in runs}) or ["annotate"]
    if len(kinds) > 1:
        raise ValueError(f"the runs are of several kinds, {', '.join(kinds)}; give those of one kind")
    if kinds[0] not in PAGES:
        raise ValueError(f"there is no page on runs of {kinds[0]!r}; there is one on {', '.join(PAGES)}")
    return kinds[0]
