"""What arrives broken stays in the ledger; what cannot be told apart is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from actors.base import Annotator, BadRow
from pipelines.engine.ingest import read_input, unused_words, write_input
from pipelines.schema import Row, base_schema, failed_row, live_row
from pipelines.sources.source import Source


@dataclass
class Listed(Source):
    listed: list[Row]

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        yield from self.listed


def row(key: Any, **columns: Any) -> Row:
    return live_row(id=key, dataset="set", task="text", **columns)


def test_rows_are_written_in_order_and_found_again(tmp_path: Path) -> None:
    table = write_input(
        Listed([row(f"set/x/{i}") for i in range(45_000)]), tmp_path, base_schema(), limit=40_500
    )
    assert (table.rows, table.failed, len(table.files())) == (40_500, 0, 3)
    assert list(table.ids())[40_499] == "set/x/40499"
    assert read_input(tmp_path) == table


def test_rows_are_taken_by_their_number_over_all_files(tmp_path: Path) -> None:
    table = write_input(Listed([row(f"set/x/{i}") for i in range(20_003)]), tmp_path, base_schema())
    taken = table.take([0, 19_999, 20_000, 20_002])
    assert [one["id"] for one in taken] == ["set/x/0", "set/x/19999", "set/x/20000", "set/x/20002"]
    assert taken[0] == row("set/x/0")


def test_an_input_that_was_cut_off_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    write_input(Listed([row("set/x/0")]), tmp_path, base_schema())
    (tmp_path / "input.json").unlink()
    assert read_input(tmp_path) is None


def test_duplicate_ids_are_named_with_their_rows(tmp_path: Path) -> None:
    listed = [row("set/x/0"), row("set/x/1"), row("set/x/0")]
    with pytest.raises(ValueError, match=r"1 ids occur more than once: 'set/x/0' in rows \[1, 3\]"):
        write_input(Listed(listed), tmp_path, base_schema())


def test_a_value_of_the_wrong_type_fails_its_row_alone(tmp_path: Path) -> None:
    listed = [row("set/x/0", response="a"), row("set/x/1", response=5), row("set/x/2", response="\ud800")]
    table = write_input(Listed(listed), tmp_path, base_schema())
    assert list(table.ids("failed")) == ["set/x/1", "set/x/2"]
    import pyarrow.parquet as pq

    written = pq.read_table(table.files()[0])
    assert written["reason"].to_pylist() == [None, "wrong_type", "invalid_text"]
    assert "response is 5, not string" in written["detail"].to_pylist()[1]


def test_an_id_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has the id 7, expected a string"):
        write_input(Listed([row(7)]), tmp_path, base_schema())


def test_an_empty_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no rows"):
        write_input(Listed([]), tmp_path, base_schema())


def test_rows_that_the_source_failed_are_counted(tmp_path: Path) -> None:
    broken = [
        failed_row(BadRow("torn", "x"), id=f"set/x/{i}", dataset="set", task="text") for i in range(20_005)
    ]
    table = write_input(Listed([row("a"), *broken, row("b", response=5)]), tmp_path, base_schema())
    assert (table.rows, table.failed) == (20_007, 20_006)
    assert read_input(tmp_path) == table
    assert len(list(table.ids("failed"))) == 20_006


def test_a_longer_input_that_was_there_before_leaves_nothing_behind(tmp_path: Path) -> None:
    write_input(Listed([row(f"set/x/{i}") for i in range(45_000)]), tmp_path, base_schema())
    table = write_input(Listed([row("set/y/0")]), tmp_path, base_schema())
    assert [file.name for file in table.files()] == ["part-000000.parquet"]
    assert list(table.ids()) == ["set/y/0"]


def test_an_empty_source_is_called_by_its_name_in_a_short_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError) as caught:
        write_input(Listed([]), tmp_path, base_schema())
    assert str(caught.value) == "source Listed has no rows; check the path, the split and --limit"


@dataclass
class Looking(Annotator):
    reads = ("images",)


@dataclass
class Reading(Annotator):
    reads = ("response",)


def test_pictures_that_no_stage_reads_are_counted(tmp_path: Path) -> None:
    listed = [row("a", images=["x.png"]), row("b"), row("c", images=["x.png", "y.png"])]
    table = write_input(Listed(listed), tmp_path, base_schema())
    assert table.pictured == 2 and read_input(tmp_path) == table
    assert table.left_aside([Reading()]) == {"pictures (no stage reads them)": 2}
    assert table.left_aside([Reading(), Looking()]) == table.left_aside([]) == {}


def test_names_are_shown_with_their_records_the_most_frequent_first() -> None:
    assert unused_words({"a": 1, "b": 3}) == "b: 3, a: 1"
    many = unused_words({f"column {number}": number for number in range(50)})
    assert many.startswith("column 49: 49, ") and many.endswith(" and 30 more")
