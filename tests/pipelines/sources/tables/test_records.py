"""One raw record becomes the values of a row, and each thing that can be wrong has its own reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.base import BadRow
from pipelines.sources.tables.records import (
    check_answer,
    document_fields,
    fill_document,
    image_paths,
    is_inside,
    key_field,
    parse_object,
    read_json_lines,
    text_field,
)


def reason_of(read: Callable[[], Any]) -> str:
    with pytest.raises(BadRow) as caught:
        read()
    return str(caught.value.reason)


def test_lines_are_numbered_as_the_file_has_them_and_a_broken_one_costs_itself(tmp_path: Path) -> None:
    (tmp_path / "t.jsonl").write_bytes(b'\xef\xbb\xbf{"a": 1}\n\n[2]\n{"a": "\xe9"}\n{"a": 3}')
    lines = list(read_json_lines(tmp_path / "t.jsonl"))
    assert [number for number, _ in lines] == [1, 3, 4, 5]
    assert [record if isinstance(record, dict) else record.reason for _, record in lines] == [
        {"a": 1}, "malformed_record", "malformed_record", {"a": 3},
    ]  # fmt: skip
    broken = parse_object(b"[1]", "line 7")
    assert isinstance(broken, BadRow) and broken.detail == "line 7 holds a list, expected an object"


def test_a_document_is_made_of_the_fields_in_braces_once() -> None:
    template = "A: {premise} B: {hypothesis} A: {premise}"
    assert document_fields(template) == ["premise", "hypothesis"]
    filled = fill_document(template, {"premise": "{hypothesis}", "hypothesis": "y", "other": 3})
    assert filled == "A: {hypothesis} B: y A: {hypothesis}"
    assert fill_document("{a}|{b}", {"a": None, "b": " "}, blank_ok=True) == "|"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({}, "missing_field"),
        ({"text": None}, "empty_text"),
        ({"text": " \n"}, "empty_text"),
        ({"text": 5}, "wrong_type"),
        ({"text": "\ud800"}, "malformed_record"),
    ],
)
def test_a_text_that_is_none_has_its_reason(record: dict[str, Any], reason: str) -> None:
    assert reason_of(lambda: text_field(record, "text")) == reason


def test_a_key_is_a_text_or_a_whole_number() -> None:
    assert key_field({"id": 7}, "id") == "7" and key_field({"id": " a "}, "id") == "a"
    assert key_field({"id": 1.0}, "id") == "1" and key_field({"id": -2e15}, "id") == "-2000000000000000"
    for value in (None, "", 1.5, float("nan"), float("inf"), True, ["a"], "\ud800"):
        assert reason_of(lambda value=value: key_field({"id": value}, "id")) == "bad_id"


def test_pictures_are_paths_below_the_root(tmp_path: Path) -> None:
    assert image_paths("a/../b.png", tmp_path, required=True) == ["a/../b.png"]
    assert image_paths(["a.png", "b.png"], tmp_path, required=True) == ["a.png", "b.png"]
    assert image_paths(None, tmp_path, required=False) == []
    assert reason_of(lambda: image_paths([], tmp_path, required=True)) == "missing_image"
    assert reason_of(lambda: image_paths([4], tmp_path, required=True)) == "wrong_type"
    assert reason_of(lambda: image_paths("../a.png", tmp_path, required=True)) == "image_outside_root"
    assert is_inside("/", "etc/passwd") and not is_inside(tmp_path, "/etc/passwd")
    assert not is_inside(tmp_path, f"../{tmp_path.name}-more/a.png")


@pytest.mark.parametrize("path", ["../imgs2/a.png", "../imgs-old/a.png", "x/../../imgs2/a.png", "../imgs"])
def test_a_folder_whose_name_begins_alike_is_outside(tmp_path: Path, path: str) -> None:
    assert not is_inside(tmp_path / "imgs", path)
    assert is_inside(tmp_path / "imgs", "imgs2/a.png") and is_inside(f"{tmp_path}/imgs/", "a.png")
    assert reason_of(lambda: image_paths(path, tmp_path / "imgs", required=False)) == "image_outside_root"


def test_pictures_as_bytes_are_told_apart_from_other_values(tmp_path: Path) -> None:
    with pytest.raises(BadRow, match="the picture's bytes are in the table; write them to files") as caught:
        image_paths({"bytes": b"\x89PNG" * 9999, "path": None}, tmp_path, required=True)
    assert caught.value.reason == "wrong_type"


def test_a_key_that_is_there_twice_costs_the_record_at_any_depth(tmp_path: Path) -> None:
    lines = ['{"a": 1, "b": 2, "a": 3}', '{"a": {"b": [{"c": 1, "c": 1}]}}', '{"a": {"b": 1}, "b": 1}']
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    first, second, third = (record for _, record in read_json_lines(tmp_path / "t.jsonl"))
    assert isinstance(first, BadRow) and first.detail == "line 1 names the key 'a' twice; keep one"
    assert isinstance(second, BadRow) and "'c' twice" in second.detail
    assert third == {"a": {"b": 1}, "b": 1}


def test_an_answer_with_a_mark_is_none() -> None:
    assert check_answer("a image>") == "a image>"
    assert reason_of(lambda: check_answer("see <image> red")) == "image_marks"
