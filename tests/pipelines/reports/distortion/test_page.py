"""The page on distortion runs, from manifests written in the test."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from pipelines.manifest import Manifest, schema_json
from pipelines.reports.distortion.page import write_report
from pipelines.reports.distortion.run import DistortionRun
from pipelines.schema import BASE_SCHEMA, live_row

SCHEMA = pa.schema(
    [
        *BASE_SCHEMA,
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


def test_the_page_shows_each_strategy_with_what_it_lost_and_escapes_every_text(tmp_path: Path) -> None:
    dropped = {"status": "dropped", "reason": "distortion_unfinished", "detail": "no end"}
    rows = [row(i, "llm", "large dog") for i in range(3)] + [row(3, "llm", None, **dropped)]
    rows += [row(4, "random", POLITE, distortion_detail="nothing")]
    rows += [row(5, None, None, status="dropped", reason="not_in_mix")]
    out = write_report([write_run(tmp_path / "run", rows)], tmp_path / "page.html")
    page = out.read_text()
    assert "Language model" in page and "Random augmentation" in page
    assert "Captions and boxes" not in page
    assert "1 unfinished" in page and "1 of them because the mix had enough" in page
    assert "&lt;b&gt;large&lt;/b&gt;" in page and "<b>large" not in page
    assert page.count("data:image/jpeg") == 4
    assert "75.0" in page  # three of four came through
    assert "Not measured" in page and "--realism-against" in page


def test_several_runs_stand_on_one_page_under_their_names(tmp_path: Path) -> None:
    folders = [write_run(tmp_path / name, [row(0, "llm", "dog")]) for name in ("first", "second")]
    page = write_report(folders, tmp_path / "page.html").read_text()
    assert "first: Examples" in page and "second: Examples" in page


def test_a_run_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="runs of 'distort'"):
        DistortionRun.read(write_run(tmp_path / "run", [row(0, "llm", "dog")], name="annotate"))
