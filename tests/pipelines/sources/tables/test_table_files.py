"""Files of records in every format, read as they come."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.base import BadRow
from pipelines.sources.tables.records import Record
from pipelines.sources.tables.table_files import (
    PEEK,
    read_dialogue_file,
    read_json_array,
    read_records,
    table_columns,
)


def plain(records: Any) -> list[tuple[int, Any]]:
    """Records, with the reason in place of a BadRow."""
    pairs: list[Record] = list(records)
    return [(number, str(item.reason) if isinstance(item, BadRow) else item) for number, item in pairs]


def test_the_same_table_reads_the_same_from_every_format(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\nx,y\n\nz,\n")
    (tmp_path / "t.tsv").write_text("a\tb\nx\ty\nz\t\n")
    (tmp_path / "t.jsonl").write_text('{"a": "x", "b": "y"}\n{"a": "z", "b": ""}\n')
    pq.write_table(pa.table({"a": ["x", "z"], "b": ["y", ""], "c": [1, 2]}), tmp_path / "t.parquet")
    expected = [(1, {"a": "x", "b": "y"}), (2, {"a": "z", "b": ""})]
    for name in ("t.tsv", "t.jsonl", "t.parquet"):
        assert plain(read_records(tmp_path / name, ["a", "b"])) == expected
    assert [record for _, record in plain(read_records(tmp_path / "t.csv", []))] == [
        record for _, record in expected
    ]
    assert table_columns(tmp_path / "t.csv") == ["a", "b"]
    assert table_columns(tmp_path / "t.parquet") == ["a", "b", "c"]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_is_cut_where_its_first_line_is_cut_most(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f'a{separator}b{separator}c\n1{separator}"2,;|"{separator}3\n')
    [(_, record)] = plain(read_records(file, []))
    assert record == {"a": "1", "b": "2,;|", "c": "3"}


def test_rows_with_too_many_cells_or_bytes_that_are_no_text_fail_alone(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,2,3\ncaf\xe9,2\n1\n")
    assert plain(read_records(tmp_path / "t.csv", [])) == [
        (1, "malformed_record"), (2, "malformed_record"), (3, {"a": "1"}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"a,a\n", r"names the columns \['a'\] twice"),
        ("t.csv", b"\n", "no header line"),
        ("t.csv", "a\n".encode("utf-16"), "save it as UTF-8"),
        ("t.jsonl", b"", "it is empty"),
        ("t.jsonl", b"a,b", "no JSON object per line: .*line 1"),
        ("t.parquet", b"PAR1", "not a whole Parquet file"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        table_columns(tmp_path / name)


def test_entries_of_an_array_are_numbered_and_one_that_is_no_object_fails_alone(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text('[{"a": 1}, "b", {"a": 2}]')
    expected = [(1, {"a": 1}), (2, "malformed_record"), (3, {"a": 2})]
    assert plain(read_json_array(tmp_path / "t.json")) == expected
    assert plain(read_dialogue_file(tmp_path / "t.json")) == expected
    (tmp_path / "t.jsonl").write_text('{"a": 1}\n"b"\n{"a": 2}\n')
    assert plain(read_dialogue_file(tmp_path / "t.jsonl")) == expected
    for content, message in (('{"a": 1}', "holds a dict, expected an array"), ("[1", "is not a JSON file")):
        (tmp_path / "t.json").write_text(content)
        with pytest.raises(ValueError, match=message):
            list(read_json_array(tmp_path / "t.json"))


PACKED = {
    "gzip": gzip.compress(b"id,text\n1,a\n"),
    "bzip2": bz2.compress(b"id,text\n1,a\n"),
    "xz": lzma.compress(b"id,text\n1,a\n"),
    "zstd": b"\x28\xb5\x2f\xfd rest",
    "zip archive": b"PK\x03\x04 rest",
    "UTF-32": "id,text\n".encode("utf-32"),
    "UTF-16": "id,text\n".encode("utf-16"),
    "no text file": "id,text\n".encode("utf-16-le"),
}


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.json", "t.parquet"])
def test_a_file_that_is_packed_or_in_another_coding_is_called_so(
    tmp_path: Path, kind: str, name: str
) -> None:
    (tmp_path / name).write_bytes(PACKED[kind])
    words = "whole Parquet" if (kind, name) == ("no text file", "t.parquet") else kind
    for read in (table_columns, lambda path: list(read_dialogue_file(path))):
        if name == "t.parquet" and read is not table_columns:
            continue
        with pytest.raises(ValueError, match=words) as caught:
            read(tmp_path / name)
        assert len(str(caught.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("suffix", ["jsonl", "json"])
def test_a_wanted_column_is_found_wherever_it_first_stands(tmp_path: Path, suffix: str) -> None:
    records: list[dict[str, Any]] = [{"text": f"label {number}"} for number in range(PEEK + 5)]
    records[-2]["label"], records[-1]["größe"] = "a", 1
    path = tmp_path / f"t.{suffix}"
    lines = [json.dumps(record, ensure_ascii=number % 2 == 0) for number, record in enumerate(records)]
    path.write_text(f"[{','.join(lines)}]" if suffix == "json" else "\n".join(lines), encoding="utf-8")
    assert table_columns(path) == ["text"]
    assert table_columns(path, ["label", "größe", "id"]) == ["text", "label", "größe"]
    if suffix == "jsonl":
        path.write_text(
            path.read_text().replace('"label": "a"', '"label": ["a"]')
        )  # as it is now, not before
        assert table_columns(path, ["id", "label"]) == ["text", "label"]


def test_a_json_array_is_a_table_like_the_others(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_text(
        '[{"a": 1, "b": 2}, 5, {"a": 3, "a": 4}, {"a": {"c": 1, "c": 2}}, {"c": 7}]'
    )
    assert table_columns(tmp_path / "t.json") == ["a", "b", "c"]
    assert plain(read_records(tmp_path / "t.json", ["a"])) == [
        (1, {"a": 1, "b": 2}), (2, "malformed_record"), (3, "malformed_record"), (4, "malformed_record"),
        (5, {"c": 7}),
    ]  # fmt: skip
    (tmp_path / "t.json").write_text("[]")
    with pytest.raises(ValueError, match="holds no JSON object in its array: it is empty"):
        table_columns(tmp_path / "t.json")
    (tmp_path / "t.json").write_text('{"a": 1, "a": 2}')
    with pytest.raises(ValueError, match="holds a dict, expected an array"):
        list(read_json_array(tmp_path / "t.json"))
