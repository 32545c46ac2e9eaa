"""Whole CSV and TSV files: their header, what stands between cells, and the warning about lines."""

from __future__ import annotations

import csv
import logging
from pathlib import Path
from typing import Any

import pytest

from actors.base import BadRow
from pipelines.sources.tables.separated import read_separated, separated_columns

HARD = [
    ["1", "two\nlines", "positive"],
    ["2", 'he said "hi"', "negative"],
    ["3", "a\ttab", "positive"],
    ["4", "plain", "positive"],
]


def rows_of(path: Path) -> list[Any]:
    """The cells of every record, or None for a damaged one."""
    return [None if isinstance(row, BadRow) else list(row.values()) for _, row in read_separated(path)]


def write(path: Path, rows: list[list[str]], **how: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, **how).writerows([["id", "text", "label"], *rows])
    return path


@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
@pytest.mark.parametrize("kept", [[0], [1], [2], [3], [0, 1, 2, 3]])
def test_a_tsv_of_a_csv_writer_has_whole_rows(tmp_path: Path, quoting: Any, kept: list[int]) -> None:
    rows = [HARD[number] for number in kept]
    path = write(tmp_path / "t.tsv", rows, delimiter="\t", quoting=quoting)
    assert separated_columns(path) == ["id", "text", "label"]
    assert rows_of(path) == rows


@pytest.mark.parametrize(
    "text",
    ['"open', 'closed"', '"Great" movie', '5" screen', '"quoted whole"', '[“a”, "b"]', '""', '"'],
)
def test_a_tsv_without_a_csv_writer_keeps_its_marks(tmp_path: Path, text: str) -> None:
    rows = [["1", "a", "x"], ["2", text, "y"], ["3", "b", "x"], ["4", text, "x"], ["5", "c", "y"]]
    (tmp_path / "t.tsv").write_text("id\ttext\tlabel\n" + "".join("\t".join(row) + "\n" for row in rows))
    assert rows_of(tmp_path / "t.tsv") == rows


def test_a_tsv_that_is_neither_has_no_half_rows(tmp_path: Path) -> None:
    content = 'id\ttext\tlabel\n1\t"two\nlines"\tx\n2\t"open\ty\n3\t"Great" one\tx\n4\td\ty\n'
    (tmp_path / "t.tsv").write_text(content)
    live = [row for row in rows_of(tmp_path / "t.tsv") if row]
    assert ["4", "d", "y"] in live
    assert all(len(row) == 3 and row[0].isdigit() for row in live)


def test_a_file_with_a_mark_that_is_never_closed_has_all_its_other_rows(tmp_path: Path) -> None:
    lines = [f"{number},what is {number},answer {number}\n" for number in range(2000)]
    lines[500] = '500,what is 500,"answer 500\n'
    (tmp_path / "t.csv").write_text("i,q,a\n" + "".join(lines))
    rows = rows_of(tmp_path / "t.csv")
    assert len(rows) == 2000 and rows.count(None) == 1 and rows[501] == ["501", "what is 501", "answer 501"]
    lines[1500] = '1500,what is 1500,answer 1500"\n'  # now there is one that closes it
    (tmp_path / "t.csv").write_text("i,q,a\n" + "".join(lines))
    rows = rows_of(tmp_path / "t.csv")
    assert len(rows) == 2000 and rows.count(None) == 1 and rows[501] == ["501", "what is 501", "answer 501"]


def test_a_few_records_over_lines_are_named_and_many_are_as_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plain = [[str(number), "x, y", "a"] for number in range(30)]
    with caplog.at_level(logging.WARNING, logger="pipelines.sources.tables.separated"):
        list(read_separated(write(tmp_path / "few.csv", [*plain, ["31", "two\nlines", "a"]])))
        assert "1 of 31 records span lines, from line 32" in caplog.text
        caplog.clear()
        list(read_separated(write(tmp_path / "none.csv", plain)))
        many = [[str(number), "two\nlines", "a"] for number in range(30)]
        list(read_separated(write(tmp_path / "many.csv", [*plain, *many])))
        assert not caplog.text


def test_a_header_that_cannot_be_read_and_a_doubled_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('id,"text,label\n1,a,b\n')
    with pytest.raises(
        ValueError,
        match="the header line of .* cannot be read: a quotation mark opens",
    ):
        separated_columns(tmp_path / "t.csv")
    names = [f"c{number}" for number in range(100_000)]  # quadratic counting would take minutes
    (tmp_path / "t.csv").write_text(",".join([*names, "c7", "c9"]) + "\n")
    with pytest.raises(ValueError, match=r"names the columns \['c7', 'c9'\] twice"):
        separated_columns(tmp_path / "t.csv")


def test_a_quoted_tsv_with_a_byte_order_mark_and_dos_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", HARD, delimiter="\t", lineterminator="\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert rows_of(path) == HARD
