"""`inspect OUT`: what happened to the rows of a run, by reason, with samples."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.engine.run_folder import RunFolder
from pipelines.manifest import MANIFEST, Manifest
from pipelines.reasons import reason_words
from pipelines.terminal import print_table

HIDDEN = ("score", "threshold", "status", "reason", "detail", "dataset", "task", "images", "instruction")


@absolute_paths
def inspect(
    out: Annotated[Path, tyro.conf.Positional], /, *, samples: int = 2, reason: str | None = None
) -> None:
    """Prints the counts by reason and sample rows of a run, finished or not.

    Args:
        out: the run's folder.
        samples: rows shown per reason.
        reason: show rows of this reason alone (`live` for kept ones).
    """
    table = read_rows(out)
    print_counts(out, table)
    keys = [status if status == "live" else why for status, why in _marks(table)]
    shown = [reason] if reason else list(Counter(keys))
    if reason and reason not in keys:
        raise ValueError(f"no row has the reason {reason!r}; there are {sorted(set(keys))}")
    for key in shown:
        rows = [i for i, mark in enumerate(keys) if mark == key][:samples]
        _print_samples(key, table.take(pa.array(rows, pa.int64())))


def read_rows(out: Path) -> pa.Table:
    """Every written row of a run folder, finished or not.

    Raises:
        ValueError: the folder is no run's, or nothing is written yet.
    """
    if (out / MANIFEST).is_file():
        return Manifest.read(out).table()
    files = RunFolder(out).shard_files()
    if not files:
        raise ValueError(f"{out} holds no rows of a run; give the --out folder of one")
    return pa.concat_tables([pq.read_table(file) for file in files])


def print_counts(out: Path, table: pa.Table) -> None:
    """The table of counts by status and reason."""
    finished = (out / MANIFEST).is_file()
    words = Manifest.read(out).words if finished else {}
    rows = []
    for (status, why), number in Counter(_marks(table)).most_common():
        meaning = reason_words(why, words, status) if why else ""
        rows.append((status, why, number, f"{number / table.num_rows:.1%}", meaning))
    title = f"{out} ({'finished' if finished else 'not finished'}): {table.num_rows} rows"
    print_table(title, ("status", "reason", "rows", "share", "meaning"), rows)


def _marks(table: pa.Table) -> list[tuple[str, str]]:
    return list(zip(table["status"].to_pylist(), pc.fill_null(table["reason"], "").to_pylist(), strict=True))


def _print_samples(key: str, table: pa.Table) -> None:
    for row in table.to_pylist():
        shown = {name: value for name, value in row.items() if name not in HIDDEN and value is not None}
        cells = [(name, f"{value!s:.300}") for name, value in shown.items()]
        if row["detail"]:
            cells.append(("detail", row["detail"][:300]))
        print()
        print_table(f"{key}: {row['id']}", ("column", "value"), cells)
