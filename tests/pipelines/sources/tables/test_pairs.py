"""A user's own instructions with responses, under the names that such files use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.schema import Row
from pipelines.sources.tables.pairs import Pairs


def rows_of(path: Path, records: list[Any], **fields: Any) -> list[Row]:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text(f"[{','.join(lines)}]" if path.suffix == ".json" else "\n".join(lines))
    source = Pairs(path, **fields)
    source.check()
    return list(source.rows())


@pytest.mark.parametrize("name", ["own.jsonl", "own.json"])
def test_instruction_and_response_go_by_several_names(tmp_path: Path, name: str) -> None:
    records = [
        {"instruction": "Sum up", "input": "a text", "output": "Short."},
        {"question": "What is it?", "answer": "A dog.", "image": "a.png", "id": 7},
        {"prompt": "Look", "response": "Yes.", "images": ["a.png", "b.png"], "task": "caption", "id": "x"},
    ]
    rows = rows_of(tmp_path / name, records)
    assert [(row["id"], row["task"], row["instruction"], row["response"]) for row in rows] == [
        ("own/all/1", "text", "Sum up\ninput: a text", "Short."),
        ("own/all/7", "vqa", "What is it?<image>", "A dog."),
        ("own/all/x", "caption", "Look<image><image>", "Yes."),
    ]


def test_every_broken_record_fails_alone_with_its_reason(tmp_path: Path) -> None:
    good = {"instruction": "a", "response": "b"}
    records = [
        good,
        {"instruction": "a"},
        {"instruction": "", "response": "b"},
        good | {"id": ""},
        good | {"image": "../a.png"},
        good | {"instruction": "<image> <image>", "image": "a.png"},
        good | {"captions": "none"},
        good | {"box_labels": ["dog"]},
        good | {"response": "see <image>", "image": "a.png"},
        good | {"id": 7.0},
    ]
    rows = rows_of(tmp_path / "own.jsonl", records)
    assert [row["reason"] for row in rows] == [
        None, "missing_field", "empty_text", "bad_id", "image_outside_root", "image_marks", "bad_captions",
        "bad_boxes", "image_marks", None,
    ]  # fmt: skip
    assert (rows[3]["id"], rows[-1]["id"]) == ("own/all/row-4", "own/all/7")


def test_pictures_are_taken_from_the_folder_that_was_named(tmp_path: Path) -> None:
    assert Pairs(tmp_path / "own.jsonl").image_root() == tmp_path
    assert Pairs(tmp_path / "own.jsonl", tmp_path / "pictures").image_root() == tmp_path / "pictures"


def test_a_file_without_the_columns_and_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("instruction,label\na,b\n")
    with pytest.raises(ValueError, match="expected one of response, output, answer"):
        Pairs(tmp_path / "t.csv").check()
    for path in (tmp_path / "none.jsonl", tmp_path):
        with pytest.raises(ValueError, match="is no file in .*give one with --data"):
            Pairs(path).check()


def test_a_stray_mark_in_a_csv_costs_its_own_pair(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('instruction,response\na,"b\nc,d\ne,f\n')
    source = Pairs(tmp_path / "t.csv")
    source.check()
    assert [row["response"] or row["reason"] for row in source.rows()] == ["malformed_record", "d", "f"]


def test_columns_that_no_row_has_are_counted_and_one_may_begin_late(tmp_path: Path) -> None:
    records: list[Any] = [
        {"instruction": "a", "output": "b", "url": "u"},
        {"instruction": "a", "output": "b"},
    ]
    records += [{"question": "a", "answer": "b", "url": None, "score": 0}]
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, records)))
    source = Pairs(path)
    assert [row["reason"] for row in source.rows()] == [None, None, None]
    assert source.unused() == {"column url": 1, "column score": 1}
    late = [{"note": "x"}] * 1200 + [{"prompt": "a", "response": "b"}]
    path.write_text("\n".join(map(json.dumps, late)))
    source.check()
    assert [row["reason"] for row in source.rows()][-2:] == ["missing_field", None]


def test_a_wide_table_is_refused_in_a_short_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(",".join(f"column{number}" for number in range(20_000)) + "\n")
    with pytest.raises(ValueError, match="expected one of instruction") as caught:
        Pairs(tmp_path / "t.csv").check()
    assert len(str(caught.value)) < 1000
