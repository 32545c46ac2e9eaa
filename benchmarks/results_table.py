"""Prints a benchmark's table and keeps it under `benchmarks/results/`."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def write_results(
    name: str, title: str, heading: Sequence[str], lines: Sequence[Sequence[str]], *, note: str, doc: str
) -> Path:
    """The Markdown file written; the same text goes to standard output."""
    rule = ["---"] * len(heading)
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in (heading, rule, *lines))
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    day = time.strftime("%Y-%m-%d")
    text = f"# {title}\n\n{doc.strip()}\n\n{table}\n\n{note}\n\n{day}, {machine}\n".replace(
        "\n\n\n\n", "\n\n"
    )
    RESULTS.mkdir(exist_ok=True)
    file = RESULTS / f"{name}.md"
    file.write_text(text)
    print(text)
    return file
