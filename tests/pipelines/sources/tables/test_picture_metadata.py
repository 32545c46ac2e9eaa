"""Texts and labels of pictures out of the table beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.base import BadRow
from pipelines.sources.source import Unused
from pipelines.sources.tables.picture_metadata import PictureMetadata

RECORDS = [
    {"file_name": "a.png", "text": "one", "label": "red", "source": "web"},
    {"file_name": "./sub/b.png", "text": None, "label": None, "source": ""},
]


def read(folder: Path) -> tuple[dict[str, Any], Mapping[str, int]]:
    metadata, unused = PictureMetadata.of(folder), Unused()
    assert metadata is not None
    metadata.check()
    described = metadata.records(unused)
    shown = {
        name: str(value.reason) if isinstance(value, BadRow) else value for name, value in described.items()
    }
    return shown, unused.records


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_every_format_gives_texts_and_labels_by_path(tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"metadata.{suffix}"
    if suffix == "jsonl":
        file.write_text("\n".join(map(json.dumps, RECORDS)))
    elif suffix == "csv":
        file.write_text("file_name,text,label,source\na.png,one,red,web\n./sub/b.png,,,\n")
    else:
        pq.write_table(pa.Table.from_pylist(RECORDS), file)
    described, unused = read(tmp_path)
    assert described["a.png"] == {"text": "one", "label": "red"}
    assert described["sub/b.png"]["text"] == "" and not described["sub/b.png"]["label"]
    assert unused == {"column source": 1}


def test_a_record_that_is_damaged_names_no_file_or_a_file_twice_is_a_value(tmp_path: Path) -> None:
    lines = [
        json.dumps(RECORDS[0]),
        "{torn",
        '{"text": "x"}',
        json.dumps(RECORDS[0]),
        '{"file_name": "c.png", "text": 5}',
    ]
    (tmp_path / "metadata.jsonl").write_text("\n".join(lines))
    described, _ = read(tmp_path)
    assert described == {
        "a.png": "malformed_record",
        "metadata.jsonl-2": "malformed_record",
        "metadata.jsonl-3": "missing_field",
        "c.png": "wrong_type",
    }


def test_captions_are_texts_too_and_a_table_without_file_names_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("file_name,caption\na.png,A dog.\n")
    assert read(tmp_path)[0] == {"a.png": {"text": "A dog.", "label": None}}
    (tmp_path / "metadata.csv").write_text("file,caption\na.png,A dog.\n")
    with pytest.raises(ValueError, match="has columns .*; it needs file_name"):
        read(tmp_path)
    (tmp_path / "metadata.csv").unlink()
    assert PictureMetadata.of(tmp_path) is None
