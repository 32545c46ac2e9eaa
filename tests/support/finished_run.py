"""A finished run of a table written in a test."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.manifest import Manifest, schema_json


def write_finished(folder: Path, table: pa.Table, *, name: str, pictures: Path) -> Path:
    """`folder`, with the table in one shard and a manifest; rows that are not live count as dropped."""
    pq.write_table(table, folder / "part-0.parquet")
    kept = table["status"].to_pylist().count("live")
    Manifest(
        path=folder,
        name=name,
        created="2026-01-01T00:00:00Z",
        command=[],
        config={},
        determinism={},
        versions={},
        git_commit=None,
        image_root=str(pictures),
        rows={"in": table.num_rows, "kept": kept, "dropped": table.num_rows - kept, "failed": 0},
        reasons={},
        shards=[{"path": "part-0.parquet", "rows": table.num_rows}],
        schema=schema_json(table.schema),
        timings={},
    ).write()
    return folder
