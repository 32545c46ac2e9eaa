"""`export RUN`: the kept rows of a run as a data set for others, with its card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.exports.export import CARD, Format, export_run
from pipelines.terminal import print_table


@absolute_paths
def export(
    run: Annotated[Path, tyro.conf.Positional], /, *, format: Format = "pf1m", out: Path | None = None
) -> None:
    """Writes the kept rows of a run as JSON, Parquet or WebDataset, with a card.

    Args:
        run: The folder of a finished filter or rewriting run.
        format: PF-1M's own JSON, LLaVA's, ShareGPT's, Parquet, or WebDataset with the pictures inside.
        out: Folder for the set; by default `export/FORMAT` in the run's folder.
    """
    folder = out or run / "export" / format
    tally = export_run(run, folder, format)
    lines = []
    for name in tally.datasets:
        outcomes = tally.outcomes(name)
        mostly = outcomes.most_common(1)[0][0][1] if outcomes else ""
        lines.append((name, tally.exported[name], outcomes.total(), mostly))
    print_table(f"{format}: {folder}", ("data set", "exported", "left out", "mostly for"), lines)
    print(f"card: {folder / CARD}")
