"""A finished run of a pipeline of one's own, from rows written in the test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.manifest import Manifest, schema_json
from pipelines.schema import base_schema, live_row

COLUMNS = {"shouts": pa.int64(), "loud": pa.bool_(), "tone": pa.string()}


def shout(number: int, **columns: Any) -> dict[str, Any]:
    """A kept row with a figure, a yes or no and a word; `columns` change it."""
    row = live_row(id=f"mine/{number:02}", dataset="mine", task="t", response=f"text {number}")
    return row | {"shouts": number, "loud": number > 2, "tone": "calm"} | columns


def write_own_run(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str = "mine",
    columns: Mapping[str, pa.DataType] = COLUMNS,
    **fields: Any,
) -> Path:
    """`folder`, with the rows in one shard and a manifest with these `fields`; `columns` are those beside
    the ones that every row has."""
    folder.mkdir(parents=True)
    schema = pa.schema([*base_schema(), *columns.items()])
    pq.write_table(pa.Table.from_pylist([dict(row) for row in rows], schema=schema), folder / "a.parquet")
    statuses = Counter(row["status"] for row in rows)
    reasons = {
        status: dict(Counter(row["reason"] for row in rows if row["status"] == status))
        for status in ("dropped", "failed")
    }
    stage = {"name": "Shouting", "rows": len(rows), "busy_s": 600.0, "workers": 2}
    filled: dict[str, Any] = {
        "command": ["python", "mine.py"], "config": {"source": {"name": "lines", "seed": 7}, "deep": []},
        "determinism": {}, "timings": {"wall_s": 450.0, "finished": "today", "stages": [stage]},
        "words": {"dropped": {"too_loud": "more marks than the limit"}},
    } | fields  # fmt: skip
    Manifest(
        path=folder, name=name, created="", versions={}, git_commit=None, image_root=None, reasons=reasons,
        rows={"in": len(rows), "kept": statuses["live"], "dropped": statuses["dropped"],
              "failed": statuses["failed"]},
        shards=[{"path": "a.parquet", "rows": len(rows)}], schema=schema_json(schema), **filled,
    ).write()  # fmt: skip
    return folder
