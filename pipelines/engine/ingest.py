"""Writing a source's rows to Parquet on the driver: the table that a run reads and resumes from."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from actors.apply import INVALID_TEXT
from actors.base import FAILED, LIVE, Actor
from pipelines.engine.ledger import hash_id
from pipelines.engine.run_folder import plain
from pipelines.manifest import write_json
from pipelines.schema import WRONG_TYPE, Row
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)
SHOWN = 20  # names in a line about what is not used
CHUNK = 20_000  # rows per input file: small enough to spread over readers
DONE = "input.json"


@dataclass(frozen=True)
class InputTable:
    """The rows of a run as Parquet files, `pictured` of them with pictures; `unused` is what the source's
    records hold and no row has."""

    folder: Path
    rows: int
    failed: int
    pictured: int = 0
    unused: Mapping[str, int] = field(default_factory=dict)

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.parquet"))

    def left_aside(self, actors: Sequence[Actor]) -> dict[str, int]:
        """`unused`, and the pictures where none of the actors reads any."""
        blind = bool(actors) and not any("images" in actor.reads for actor in actors)
        pictures = {"pictures (no stage reads them)": self.pictured} if blind and self.pictured else {}
        return {**self.unused, **pictures}

    def ids(self, status: str | None = None) -> Iterator[str]:
        """Every id in order, or those of rows with `status`."""
        for file in self.files():
            table = pq.read_table(file, columns=["id", "status"])
            for row_id, value in zip(table["id"].to_pylist(), table["status"].to_pylist(), strict=True):
                if status is None or value == status:
                    yield row_id

    def take(self, numbers: Sequence[int]) -> list[Row]:
        """The rows at `numbers`, which ascend, counted from 0 in the source's order."""
        rows: list[Row] = []
        first = 0
        for file in self.files():
            table = pq.read_table(file)
            here = [number - first for number in numbers if first <= number < first + table.num_rows]
            rows += table.take(pa.array(here, pa.int64())).to_pylist()
            first += table.num_rows
        return rows


def source_identity(name: str, source: Source, limit: int | None, **more: Any) -> dict[str, Any]:
    """Facts that decide the rows of a run called `name`, size and time of every file among it, and `more`,
    as JSON: a folder is resumed only while this is unchanged."""
    settings = {item.name: getattr(source, item.name) for item in fields(source)}
    described = {"class": type(source).__name__, **settings}
    stats = {str(file): file.stat() for file in source.files()}
    files = {file: [stat.st_size, stat.st_mtime] for file, stat in stats.items()}
    return plain({"name": name, **more, "source": described, "files": files, "limit": limit})


def read_input(folder: Path) -> InputTable | None:
    """The table that an earlier run wrote, if it was written to the end."""
    done = folder / DONE
    return InputTable(folder, **json.loads(done.read_text())) if done.is_file() else None


def write_input(source: Source, folder: Path, schema: pa.Schema, *, limit: int | None = None) -> InputTable:
    """Materialises the first `limit` rows (all by default) under `folder`.

    Raises:
        ValueError: two rows have the same id (both named), or the source has no rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("part-*.parquet"):
        old.unlink()
    rows = iter(islice(source.rows(), limit))
    hashes: list[np.ndarray] = []
    total = failed = pictured = 0
    while chunk := list(islice(rows, CHUNK)):
        table = to_table(chunk, schema)
        pq.write_table(table, folder / f"part-{len(hashes):06d}.parquet")
        hashes.append(np.array([hash_id(row_id) for row_id in table["id"].to_pylist()], dtype=np.uint64))
        total += table.num_rows
        failed += table["status"].to_pylist().count(FAILED)
        pictured += pc.sum(pc.greater(pc.list_value_length(table["images"]), 0)).as_py() or 0
    if not total:
        raise ValueError(f"{source} has no rows; check the path, the split and --limit")
    written = InputTable(folder, total, failed, pictured, dict(source.unused()))
    refuse_duplicates(written, np.concatenate(hashes))
    counts = {"rows": total, "failed": failed, "pictured": pictured, "unused": written.unused}
    write_json(folder / DONE, counts)
    return written


def unused_words(unused: Mapping[str, int]) -> str:
    """`system turn: 3, column url: 120`: the names with their records, the most frequent first."""
    most = sorted(unused.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name}: {number}" for name, number in most[:SHOWN])
    return shown if len(most) <= SHOWN else f"{shown} and {len(most) - SHOWN} more"


def to_table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Rows as a table; a row whose values do not fit the schema becomes a failed row."""
    try:
        return pa.Table.from_pylist(rows, schema=schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.Table.from_pylist([_fitting(row, schema) for row in rows], schema=schema)


def _fitting(row: Row, schema: pa.Schema) -> Row:
    fitted: dict[str, Any] = dict(row)
    for item in schema:
        value = row.get(item.name)
        problem = _misfit(value, item.type)
        if not problem:
            continue
        if item.name == "id":
            raise ValueError(
                f"a row of the source has the id {value!r}, expected a string; map another id field"
            )
        fitted[item.name] = None
        if fitted.get("status") == LIVE:
            detail = f"{item.name} is {value!r:.200}, not {item.type}"
            fitted |= {"status": FAILED, "reason": problem, "detail": detail}
    return fitted


def _misfit(value: Any, kind: pa.DataType) -> str | None:
    try:
        pa.array([value], kind)
    except UnicodeEncodeError:
        return INVALID_TEXT
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return WRONG_TYPE
    return None


def refuse_duplicates(table: InputTable, hashes: np.ndarray) -> None:
    """Raises ValueError that names ids which occur twice."""
    values, counts = np.unique(hashes, return_counts=True)
    suspects = set(values[counts > 1].tolist())
    if not suspects:
        return
    places: dict[str, list[int]] = {}
    for number, row_id in enumerate(table.ids(), 1):
        if hash_id(row_id) in suspects:
            places.setdefault(row_id, []).append(number)
    named = {row_id: rows for row_id, rows in places.items() if len(rows) > 1}
    examples = "; ".join(f"{row_id!r} in rows {rows[:3]}" for row_id, rows in list(named.items())[:5])
    raise ValueError(
        f"{len(named)} ids occur more than once: {examples}. Every row needs its own id; "
        "remove the copies, or map another field with --fields.id"
    )
