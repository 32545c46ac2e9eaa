"""One raw record becomes the values of a row, and each thing that can be wrong has its own reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from actors.base import BadRow
from pipelines.sources.tables.records import (
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
    for value in (None, "", 1.5, True, ["a"], "\ud800"):
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
