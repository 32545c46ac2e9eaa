"""Files of records in every format, read as they come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.base import BadRow
from pipelines.sources.tables.table_files import (
    Record,
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
