"""LLaVA-Instruct: one row per answer, pictures found, and a bad record costs that record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dialogue_sets import failures, rows_by_id, turns_of, write_json

from pipelines.sources.dialogues.llava import Llava

MARK = "<image>"


def test_every_answer_is_a_row_with_the_history_before_it_and_the_mark_at_the_end(tmp_path: Path) -> None:
    turns = turns_of("<image>\nWhat is it?", "A dog.", "Which colour?", " Brown. ")
    path = write_json(tmp_path, [{"id": "7", "image": "7.jpg", "conversations": turns}])
    rows = rows_by_id(Llava(path))
    assert [row["instruction"] for row in rows.values()] == [
        f"What is it?{MARK}",
        f"What is it?\n### Assistant: A dog.\n### Human: Which colour?{MARK}",
    ]
    assert [row["response"] for row in rows.values()] == ["A dog.", "Brown."]
    assert list(rows) == ["1-1", "1-2"]
    assert all(row["images"] == ["7.jpg"] for row in rows.values())


def test_pictures_named_as_in_coco_2014_are_found(tmp_path: Path) -> None:
    path = write_json(
        tmp_path, [{"id": "7", "image": "000000000007.jpg", "conversations": turns_of("What?", "A dog.")}]
    )
    (tmp_path / "COCO_train2014_000000000007.jpg").touch()
    assert rows_by_id(Llava(path))["1-1"]["images"] == ["COCO_train2014_000000000007.jpg"]


def test_captions_and_boxes_come_from_the_annotation_folder(tmp_path: Path) -> None:
    path = write_json(
        tmp_path, [{"image": "000000000007.jpg", "conversations": turns_of("Describe.", "A dog runs.")}]
    )
    write_json(
        tmp_path,
        {"annotations": [{"image_id": 7, "caption": "A dog.\n"}, {"image_id": 7, "caption": "dog"}]},
        "captions_train2014.json",
    )
    instances = {
        "images": [{"id": 7, "width": 200, "height": 100}],
        "categories": [{"id": 18, "name": "dog"}],
        "annotations": [{"image_id": 7, "category_id": 18, "bbox": [20, 10, 100, 91]}],
    }
    write_json(tmp_path, instances, "instances_train2014.json")
    row = rows_by_id(Llava(path, annotations=tmp_path))["1-1"]
    assert row["captions"] == ["A dog.", "dog"]
    assert row["box_labels"] == ["dog"]
    assert row["boxes"] == [pytest.approx([0.1, 0.1, 0.6, 1.0])]  # one pixel outside is cut off


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("text", "malformed_record"),
        ({"image": "a.jpg"}, "bad_turns"),
        ({"image": "a.jpg", "conversations": []}, "bad_turns"),
        ({"image": "a.jpg", "conversations": turns_of("only a question")}, "bad_turns"),
        ({"image": "a.jpg", "conversations": turns_of("a", "b", roles=("human", "human"))}, "bad_turns"),
        ({"image": "a.jpg", "conversations": turns_of("a", "b", roles=("human", "robot"))}, "bad_turns"),
        ({"image": "a.jpg", "conversations": [{"from": "human", "value": 5}]}, "wrong_type"),
        ({"image": "a.jpg", "conversations": turns_of("a", " ")}, "empty_text"),
        ({"image": "../a.jpg", "conversations": turns_of("a", "b")}, "image_outside_root"),
        ({"conversations": turns_of("a", "b")}, "missing_image"),
    ],
)
def test_a_bad_record_costs_that_record(tmp_path: Path, record: Any, reason: str) -> None:
    good = {"image": "a.jpg", "conversations": turns_of("What?", "A dog.")}
    source = Llava(write_json(tmp_path, [good, record, good]))
    assert list(failures(source).values()) == [reason]
    assert [key for key, row in rows_by_id(source).items() if row["status"] == "live"] == ["1-1", "3-1"]


def test_descriptions_are_captions_by_their_file_name(tmp_path: Path) -> None:
    records = [{"image": "a.jpg", "conversations": turns_of("Describe.", "A dog.")}]
    assert rows_by_id(Llava(write_json(tmp_path, records, "detail_23k.json")))["1-1"]["task"] == "caption"
    assert rows_by_id(Llava(write_json(tmp_path, records, "conversation_58k.json")))["1-1"]["task"] == "vqa"
