"""What a finished run can be asked, and which folders are refused as none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.manifest import Manifest, schema_json, write_json

ROWS = pa.table({"id": ["a/0", "a/1", "a/2"], "boxes": [[[1.0, 2.0]], [], None], "text": ["x", "y", None]})


def finished(folder: Path, **changes: Any) -> Manifest:
    """A run of three rows in two shards."""
    (folder / "shards").mkdir(parents=True)
    for name, rows in (("a", ROWS.slice(0, 2)), ("b", ROWS.slice(2))):
        pq.write_table(rows, folder / "shards" / f"{name}.parquet")
    fields: dict[str, Any] = {
        "path": folder, "name": "test", "created": "2026-01-01T00:00:00Z", "command": ["é"], "config": {},
        "determinism": {}, "versions": {}, "git_commit": None, "image_root": None,
        "rows": {"in": 3, "kept": 3, "dropped": 0, "failed": 0}, "reasons": {},
        "shards": [{"path": "shards/a.parquet", "rows": 2}, {"path": "shards/b.parquet", "rows": 1}],
        "schema": schema_json(ROWS.schema), "timings": {},
    }  # fmt: skip
    manifest = Manifest(**{**fields, **changes})
    manifest.write()
    return manifest


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = finished(tmp_path / "run")
    assert Manifest.read(tmp_path / "run") == manifest
    assert Manifest.read(str(tmp_path / "run")).arrow_schema() == ROWS.schema
    assert [file.name for file in (tmp_path / "run").glob("manifest*")] == ["manifest.json"]


def test_rows_come_whole_by_column_in_batches_and_by_id(tmp_path: Path) -> None:
    manifest = finished(tmp_path / "run")
    assert manifest.table().sort_by("id") == ROWS
    assert manifest.table(["text"]).column_names == ["text"]
    assert [batch.num_rows for batch in manifest.batches(["id"], rows=1)] == [1, 1, 1]
    rows = manifest.rows_by_id(["a/2", "a/0", "gone"], ["text", "no_such_column"])
    assert rows == {"a/0": {"id": "a/0", "text": "x"}, "a/2": {"id": "a/2", "text": None}}
    assert manifest.rows_by_id([], ["text"]) == {}


def test_a_run_that_kept_no_shard_has_an_empty_table_of_its_columns(tmp_path: Path) -> None:
    manifest = finished(tmp_path / "run", shards=[])
    assert manifest.table().schema == ROWS.schema
    assert manifest.table(["text"]).num_rows == 0


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    manifest = finished(tmp_path / "run")
    (tmp_path / "run/shards/b.parquet").unlink()
    with pytest.raises(ValueError, match=r"1 of 2 shards are missing, the first is .*b\.parquet"):
        manifest.table()


def test_a_folder_that_is_no_finished_run_is_refused_with_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a folder; expected the output folder of a finished run"):
        Manifest.read(tmp_path / "nothing")
    with pytest.raises(ValueError, match="no finished run; give a run's folder"):
        Manifest.read(tmp_path)
    (tmp_path / "run.json").touch()
    with pytest.raises(ValueError, match="resume it with the command that started it"):
        Manifest.read(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="is not JSON .* must be repeated with --fresh"):
        Manifest.read(tmp_path)


def test_a_manifest_of_another_format_is_refused_and_not_misread(tmp_path: Path) -> None:
    finished(tmp_path / "run")
    file = tmp_path / "run/manifest.json"
    write_json(file, json.loads(file.read_text()) | {"format": 2})
    with pytest.raises(ValueError, match="has format 2, this version reads format 1"):
        Manifest.read(tmp_path / "run")


def test_columns_of_types_without_a_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"columns \['when: date32\[day\]'\] have types"):
        schema_json(pa.schema([("when", pa.date32())]))
