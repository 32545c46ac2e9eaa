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
        ({"conversations": turns_of("a<image>", "b")}, "image_marks"),
        ({"image": ["a.jpg", "b.jpg"], "conversations": turns_of("<image>\na", "b")}, "image_marks"),
        ({"image": "a.jpg", "conversations": turns_of("<image> <image> a", "b")}, "image_marks"),
        ({"image": "a.jpg", "conversations": turns_of("<image>\n<image>\na", "b")}, "image_marks"),
        ({"image": "a.jpg", "conversations": turns_of("<image>\na", "see <image>")}, "image_marks"),
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


@pytest.mark.parametrize(
    "question",
    [
        "Look at <image> and name its colour.",
        "<image>What colour?",
        "What colour? <image>",
        "Image A: <image>\nWhich colour?",
    ],
)
def test_a_mark_inside_a_sentence_stays_where_it_is(tmp_path: Path, question: str) -> None:
    path = write_json(tmp_path, [{"image": "a.jpg", "conversations": turns_of(question, "Red.")}])
    assert rows_by_id(Llava(path))["1-1"]["instruction"] == question


@pytest.mark.parametrize("question", ["<image>\nWhat is it?", "What is it?\n<image>", "What is it?"])
def test_a_mark_on_a_line_of_its_own_says_nothing_and_goes_to_the_end(tmp_path: Path, question: str) -> None:
    path = write_json(tmp_path, [{"image": "a.jpg", "conversations": turns_of(question, "A dog.")}])
    assert rows_by_id(Llava(path))["1-1"]["instruction"] == "What is it?<image>"


def test_a_question_that_is_a_picture_alone_keeps_it(tmp_path: Path) -> None:
    path = write_json(tmp_path, [{"image": "a.jpg", "conversations": turns_of("<image>", "A dog.")}])
    assert rows_by_id(Llava(path))["1-1"]["instruction"] == "<image>"


def test_every_mark_stands_for_its_picture_and_one_of_a_later_turn_is_not_shown_before(
    tmp_path: Path,
) -> None:
    turns = turns_of("<image>\nWhat colour?", "Red.", "And this? <image>", "Blue.", "Sure?", "Yes.")
    path = write_json(tmp_path, [{"image": ["r.png", "b.png"], "conversations": turns}])
    first, second, third = rows_by_id(Llava(path)).values()
    assert (first["instruction"], first["images"]) == ("<image>\nWhat colour?", ["r.png"])
    assert second["instruction"] == "<image>\nWhat colour?\n### Assistant: Red.\n### Human: And this? <image>"
    assert second["images"] == third["images"] == ["r.png", "b.png"]


def test_a_picture_that_comes_later_leaves_the_turns_before_without_one(tmp_path: Path) -> None:
    turns = turns_of("Can you see?", "Show me the picture.", "Here: <image>", "A dog.")
    path = write_json(tmp_path, [{"image": "a.png", "conversations": turns}])
    first, second = rows_by_id(Llava(path)).values()
    assert (first["status"], first["images"], first["task"]) == ("live", [], "text")
    assert (second["images"], second["task"]) == (["a.png"], "vqa")


def test_a_record_without_a_picture_is_a_row_of_text_whatever_it_speaks_of(tmp_path: Path) -> None:
    records = [
        {"conversations": turns_of("What is 2 + 2?", "Four.")},
        {"conversations": turns_of("Who are you?", "A language model, with no picture.")},
    ]
    rows = rows_by_id(Llava(write_json(tmp_path, records)))
    assert [(row["status"], row["task"], row["images"]) for row in rows.values()] == 2 * [
        ("live", "text", [])
    ]


def test_answers_to_pictures_may_speak_of_the_picture(tmp_path: Path) -> None:
    turns = turns_of(
        "<image>\nWhat is it?", "The image shows a dog.", "Sure?", "I'm sorry, the photo is dark."
    )
    rows = rows_by_id(Llava(write_json(tmp_path, [{"image": "a.jpg", "conversations": turns}])))
    assert [row["status"] for row in rows.values()] == ["live", "live"]


def test_only_names_of_coco_get_its_prefix(tmp_path: Path) -> None:
    (tmp_path / "COCO_train2014_000000000007.jpg").touch()
    names = [
        "000000000007.jpg",
        "coco/train2017/000000000008.jpg",
        "mine.jpg",
        "COCO_train2014_000000000007.jpg",
    ]
    records = [{"image": name, "conversations": turns_of("What?", "A dog.")} for name in names]
    rows = rows_by_id(Llava(write_json(tmp_path, records)))
    assert [row["images"][0] for row in rows.values()] == [f"COCO_train2014_{names[0]}", *names[1:]]
