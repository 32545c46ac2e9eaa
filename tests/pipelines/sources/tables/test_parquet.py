"""Parquet: what is damaged, out of range or no text costs its own rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actors.base import BadRow
from pipelines.sources.tables.parquet import parquet_columns, read_parquet


def plain(path: Path, *columns: str) -> list[Any]:
    """Every row's record, or its reason."""
    rows = list(read_parquet(path, columns))
    assert [number for number, _ in rows] == list(range(1, len(rows) + 1))
    return [str(row.reason) if isinstance(row, BadRow) else row for _, row in rows]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, 2**40, 1], pa.timestamp("s")),
        ([0, 2**31 - 1, 1], pa.date32()),
        ([0, -(2**62), 1], pa.duration("s")),
    ],
)
def test_a_date_that_python_does_not_know_costs_its_own_row(tmp_path: Path, values: Any, kind: Any) -> None:
    times = pa.array(values, pa.int32() if kind == pa.date32() else pa.int64()).cast(kind)
    pq.write_table(pa.table({"when": times, "text": ["a", "b", "c"]}), tmp_path / "t.parquet")
    first, second, third = plain(tmp_path / "t.parquet", "when", "text")
    assert (first["text"], second, third["text"]) == ("a", "wrong_type", "c")
    assert plain(tmp_path / "t.parquet", "text")[1] == {"text": "b"}  # a column that is not read harms nobody


def test_a_damaged_part_costs_its_own_rows_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    texts = [f"text {number} {number * 7919}" for number in range(300)]
    how: dict[str, Any] = {"row_group_size": 100, "use_dictionary": False, "compression": "snappy"}
    pq.write_table(pa.table({"text": texts}), file, **how)
    column = pq.ParquetFile(file).metadata.row_group(1).column(0)
    content = bytearray(file.read_bytes())
    start = column.data_page_offset + 40
    content[start : start + 200] = bytes(200)
    file.write_bytes(content)
    rows = plain(file, "text")
    assert len(rows) == 300
    assert rows[:100] == [{"text": text} for text in texts[:100]]
    assert rows[200:] == [{"text": text} for text in texts[200:]]
    assert set(rows[100:200]) == {"malformed_record"}
    bad = next(row for _, row in read_parquet(file, ["text"]) if isinstance(row, BadRow))
    assert bad.detail.startswith("rows 101 to 200 lie in a damaged part of the file: ")


def test_a_flipped_bit_is_seen_where_the_file_has_checksums(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    table = pa.table({"text": ["hello"] * 10})
    pq.write_table(table, file, use_dictionary=False, compression="none", write_page_checksum=True)
    length = b"\x05\0\0\0"  # in front of every text of a page
    file.write_bytes(file.read_bytes().replace(length + b"hello", length + b"hallo", 1))
    assert plain(file, "text") == ["malformed_record"] * 10


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], names=["text", "text"])
    pq.write_table(table, tmp_path / "t.parquet")
    with pytest.raises(ValueError, match=r"names the columns \['text'\] twice; rename one"):
        parquet_columns(tmp_path / "t.parquet")


def test_a_file_without_its_end_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"] * 100}), tmp_path / "t.parquet")
    (tmp_path / "t.parquet").write_bytes((tmp_path / "t.parquet").read_bytes()[:-9])
    with pytest.raises(ValueError, match="is not a whole Parquet file"):
        parquet_columns(tmp_path / "t.parquet")
