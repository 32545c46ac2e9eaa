"""What a person who adds a filter does, a file and a line, and what the tree then shows of it, as JSON.

Run by itself: the line is in force before anything reads the list of filters, as it is when it stands there.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from actors.base import Filter
from actors.filters import catalog
from actors.filters.limits import limit
from pipelines.schema import Row


@dataclass
class ShoutFilter(Filter):
    """Drops a response of mostly capital letters."""

    max_capitals: float = limit(0.5, "Largest share of capital letters")

    reads = ("response",)
    reasons = {"shouting": "mostly capital letters"}

    def keep(self, table: pa.Table) -> pa.Array:
        return pa.array([share(text) <= self.max_capitals for text in table["response"].to_pylist()])


def share(text: str) -> float:
    """Of the letters, those that are capitals."""
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter.isupper() for letter in letters) / max(1, len(letters))


catalog.RESPONSE_FILTERS += (ShoutFilter,)


def shown(folder: Path) -> dict[str, Any]:
    """What every place that lists filters or reasons says of the new one."""
    from filter_run import Rewritten, filtered_rows

    from pipelines.recipes.filter.again import filter_again
    from pipelines.recipes.filter.settings import Limits
    from pipelines.reports.filter.run import FilterRun

    class Loud(Rewritten):
        def rows(self) -> Iterator[Row]:
            [first, *others] = super().rows()
            return iter([first | {"response": first["response"].upper()}, *others])

    run = filtered_rows(folder / "run", Loud(folder / "pictures"))
    lenient = filter_again(run.path, folder / "lenient", Limits(max_capitals=1.0))
    strict = filter_again(lenient.path, folder / "strict", Limits(max_capitals=0.5))
    return {
        "shouting": [made.reasons["dropped"].get("shouting", 0) for made in (run, lenient, strict)],
        "limits": [made.config["filtering"]["limits"]["max_capitals"] for made in (run, lenient, strict)],
        "past_rules": [row["id"] for row in FilterRun(run).past_rules],
        "help": printed("filter", "--help"),
        "list": printed("list"),
        "inspect": printed("inspect", str(run.path)),
        "report": written(folder / "page.html", "report", str(run.path), "--out"),
        "card": written(folder / "set/README.md", "export", str(run.path), "--format", "parquet", "--out"),
    }


def printed(*arguments: str) -> str:
    """What the command line prints."""
    from pipelines.__main__ import main

    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        main(list(arguments))
    return out.getvalue()


def written(file: Path, *arguments: str) -> str:
    """What the command line writes to `file`, or to a file in the folder it is told to write."""
    printed(*arguments, str(file.parent if file.name == "README.md" else file))
    return file.read_text()


if __name__ == "__main__":
    print(json.dumps(shown(Path(sys.argv[1]))))
