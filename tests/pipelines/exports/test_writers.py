"""Files of a set, written row by row."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from own_run import shout, write_own_run
from PIL import Image

from actors.base import BadRow
from pipelines.exports.writers import TarShards, json_array, json_lines, write_parquet
from pipelines.manifest import Manifest


@pytest.mark.parametrize("elements", [[], [1], [{"a": "ö"}, "b"]])
def test_an_array_written_one_by_one_is_json(tmp_path: Path, elements: list[object]) -> None:
    with json_array(tmp_path / "a.json") as add:
        for element in elements:
            add(element)
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == elements


def test_lines_are_one_element_each(tmp_path: Path) -> None:
    with json_lines(tmp_path / "a.jsonl") as add:
        add({"text": "two\nlines"})
        add(2)
    assert [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()] == [
        {"text": "two\nlines"}, 2,
    ]  # fmt: skip


def test_parquet_has_kept_rows_without_the_columns_that_mark_one(tmp_path: Path) -> None:
    rows = [shout(0), shout(1, status="dropped", reason="too_loud")]
    [file] = write_parquet(Manifest.read(write_own_run(tmp_path / "run", rows)), tmp_path)
    table = pq.read_table(file)
    assert table["shouts"].to_pylist() == [0]
    assert not {"status", "reason", "score"} & set(table.column_names)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    Image.new("RGB", (4, 4), "red").save(tmp_path / "red.png")
    return tmp_path


def write_tars(folder: Path, pictures: Path | None) -> list[Path]:
    folder.mkdir()
    with TarShards(folder, pictures, rows_per_tar=2) as tar:
        for number in range(3):
            tar.add({"id": number}, ["red.png"] if number else [])
    return tar.files


def test_samples_stand_in_shards_each_with_its_pictures(pictures: Path) -> None:
    members = []
    for file in write_tars(pictures / "set", pictures):
        with tarfile.open(file) as tar:
            members.append(tar.getnames())
    assert members == [
        ["000000000.json", "000000001.0.png", "000000001.json"], ["000000002.0.png", "000000002.json"],
    ]  # fmt: skip


def test_the_same_rows_give_the_same_bytes(pictures: Path) -> None:
    first, second = (write_tars(pictures / name, pictures) for name in ("first", "second"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_a_row_whose_picture_cannot_be_read_leaves_nothing_behind(pictures: Path) -> None:
    (pictures / "set").mkdir()
    with TarShards(pictures / "set", pictures) as tar:
        with pytest.raises(BadRow, match="missing_image"):
            tar.add({"id": 0}, ["red.png", "gone.png"])
        assert tar.rows == 0 and tar.files == []
    with TarShards(pictures / "set", None) as tar, pytest.raises(BadRow, match="names no picture folder"):
        tar.add({"id": 0}, ["red.png"])
