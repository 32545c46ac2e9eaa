"""Finished distortion runs, from rows written in the test."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from pipelines.manifest import Manifest, schema_json
from pipelines.schema import base_schema, live_row

SCHEMA = pa.schema(
    [
        *base_schema(),
        ("distortion", pa.string()),
        ("response_original", pa.string()),
        ("distortion_detail", pa.string()),
        ("distortion_changed", pa.bool_()),
    ]
)
POLITE = "In the picture, one can see a <b>large</b> dog."


def row(number: int, strategy: str | None, response: str | None, **columns: Any) -> dict[str, Any]:
    made = live_row(
        id=f"a/all/{number}", dataset="a", task="vqa", instruction="What?<image>", response=response
    )
    made |= {"images": ["dog.png"], "response_original": POLITE, "distortion": strategy}
    return made | {"distortion_detail": "no command", "distortion_changed": response != POLITE} | columns


def write_run(folder: Path, rows: list[dict[str, Any]], name: str = "distort") -> Path:
    (folder / "shards").mkdir(parents=True)
    Image.new("RGB", (30, 20), "brown").save(folder / "dog.png")
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / "shards" / "a.parquet")
    statuses = Counter(item["status"] for item in rows)
    counts = {"in": len(rows), "kept": statuses["live"], "dropped": statuses["dropped"], "failed": 0}
    Manifest(
        path=folder, name=name, created="", command=["distort"], config={"faithful": False, "seed": 0},
        determinism={"note": "by the row alone"}, versions={}, git_commit=None, image_root=str(folder),
        rows=counts, reasons={}, shards=[{"path": "shards/a.parquet", "rows": len(rows)}],
        schema=schema_json(SCHEMA), timings={"finished": "2026-01-02T03:04:05Z"},
    ).write()  # fmt: skip
    return folder
