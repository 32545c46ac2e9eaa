"""LLaVA-Instruct, UltraChat and ShareGPT: one row per answer, and a bad record costs that record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.schema import Row
from pipelines.sources.dialogues.llava import Llava
from pipelines.sources.dialogues.sharegpt import ShareGpt
from pipelines.sources.dialogues.ultrachat import UltraChat
from pipelines.sources.joined import JoinedRows
from pipelines.sources.source import Source

MARK = "<image>"


def said(*texts: str, roles: tuple[str, str] = ("human", "gpt")) -> list[dict[str, str]]:
    return [{"from": roles[i % 2], "value": text} for i, text in enumerate(texts)]


def by_id(source: Source) -> dict[str, Row]:
    source.check()
    return {row["id"].split("/", 2)[2]: row for row in source.rows()}


def reasons(source: Source) -> dict[str, str]:
    return {key: row["reason"] for key, row in by_id(source).items() if row["status"] == "failed"}


def write(folder: Path, records: Any, name: str = "set.json") -> Path:
    (folder / name).write_text(json.dumps(records))
    return folder / name


def test_every_answer_is_a_row_with_the_history_before_it_and_the_mark_at_the_end(tmp_path: Path) -> None:
    turns = said("<image>\nWhat is it?", "A dog.", "Which colour?", " Brown. ")
    path = write(tmp_path, [{"id": "7", "image": "7.jpg", "conversations": turns}])
    rows = by_id(Llava(path))
    assert [row["instruction"] for row in rows.values()] == [
        f"What is it?{MARK}",
        f"What is it?\n### Assistant: A dog.\n### Human: Which colour?{MARK}",
    ]
    assert [row["response"] for row in rows.values()] == ["A dog.", "Brown."]
    assert list(rows) == ["1-1", "1-2"]
    assert all(row["images"] == ["7.jpg"] for row in rows.values())


def test_pictures_named_as_in_coco_2014_are_found(tmp_path: Path) -> None:
    path = write(
        tmp_path, [{"id": "7", "image": "000000000007.jpg", "conversations": said("What?", "A dog.")}]
    )
    (tmp_path / "COCO_train2014_000000000007.jpg").touch()
    assert by_id(Llava(path))["1-1"]["images"] == ["COCO_train2014_000000000007.jpg"]


def test_captions_and_boxes_come_from_the_annotation_folder(tmp_path: Path) -> None:
    path = write(tmp_path, [{"image": "000000000007.jpg", "conversations": said("Describe.", "A dog runs.")}])
    write(
        tmp_path,
        {"annotations": [{"image_id": 7, "caption": "A dog.\n"}, {"image_id": 7, "caption": "dog"}]},
        "captions_train2014.json",
    )
    instances = {
        "images": [{"id": 7, "width": 200, "height": 100}],
        "categories": [{"id": 18, "name": "dog"}],
        "annotations": [{"image_id": 7, "category_id": 18, "bbox": [20, 10, 100, 91]}],
    }
    write(tmp_path, instances, "instances_train2014.json")
    row = by_id(Llava(path, annotations=tmp_path))["1-1"]
    assert row["captions"] == ["A dog.", "dog"]
    assert row["box_labels"] == ["dog"]
    assert row["boxes"] == [pytest.approx([0.1, 0.1, 0.6, 1.0])]  # one pixel outside is cut off


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ("text", "malformed_record"),
        ({"image": "a.jpg"}, "bad_turns"),
        ({"image": "a.jpg", "conversations": []}, "bad_turns"),
        ({"image": "a.jpg", "conversations": said("only a question")}, "bad_turns"),
        ({"image": "a.jpg", "conversations": said("a", "b", roles=("human", "human"))}, "bad_turns"),
        ({"image": "a.jpg", "conversations": said("a", "b", roles=("human", "robot"))}, "bad_turns"),
        ({"image": "a.jpg", "conversations": [{"from": "human", "value": 5}]}, "wrong_type"),
        ({"image": "a.jpg", "conversations": said("a", " ")}, "empty_text"),
        ({"image": "../a.jpg", "conversations": said("a", "b")}, "image_outside_root"),
        ({"conversations": said("a", "b")}, "missing_image"),
    ],
)
def test_a_bad_record_costs_that_record(tmp_path: Path, record: Any, reason: str) -> None:
    good = {"image": "a.jpg", "conversations": said("What?", "A dog.")}
    source = Llava(write(tmp_path, [good, record, good]))
    assert list(reasons(source).values()) == [reason]
    assert [key for key, row in by_id(source).items() if row["status"] == "live"] == ["1-1", "3-1"]


def test_sharegpt_skips_system_texts_and_answers_to_nothing(tmp_path: Path) -> None:
    turns = [
        {"from": "system", "value": "be nice"},
        {"from": "gpt", "value": "Hello!"},
        *said("Hi", "Hello."),
    ]
    rows = by_id(ShareGpt(write(tmp_path, [{"id": "x", "conversations": turns}])))
    assert [(row["instruction"], row["response"], row["images"]) for row in rows.values()] == [
        ("Hi", "Hello.", [])
    ]


def test_long_dialogues_are_dropped_from_the_answer_on_that_is_too_long(tmp_path: Path) -> None:
    turns = said("Hi", "Hello.", "More", "x" * 100)
    rows = by_id(ShareGpt(write(tmp_path, [{"conversations": turns}]), max_chars=100))
    assert rows["1-1"]["status"] == "live"
    assert (rows["1-2"]["status"], rows["1-2"]["reason"]) == ("dropped", "dialogue_too_long")
    assert rows["1-2"]["threshold"] == 100


@pytest.mark.parametrize("name", ["train_0.jsonl", "train_0.json"])
def test_ultrachat_is_read_line_by_line_under_either_suffix(tmp_path: Path, name: str) -> None:
    lines = [json.dumps({"id": "0", "data": ["Hi", "Hello.", "Bye", "Good bye."]}), '{"torn', '{"data": 5}']
    (tmp_path / name).write_text("\n".join(lines))
    source = UltraChat(tmp_path)
    rows = by_id(source)
    assert [row["response"] for row in rows.values() if row["status"] == "live"] == ["Hello.", "Good bye."]
    assert list(reasons(source).values()) == ["malformed_record", "bad_turns"]


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected an array"):
        list(ShareGpt(write(tmp_path, {"a": 1})).rows())
    with pytest.raises(ValueError, match="is no file"):
        ShareGpt(tmp_path / "none.json").check()


def test_descriptions_are_captions_by_their_file_name(tmp_path: Path) -> None:
    records = [{"image": "a.jpg", "conversations": said("Describe.", "A dog.")}]
    assert by_id(Llava(write(tmp_path, records, "detail_23k.json")))["1-1"]["task"] == "caption"
    assert by_id(Llava(write(tmp_path, records, "conversation_58k.json")))["1-1"]["task"] == "vqa"


def test_text_only_answers_about_pictures_or_language_models_are_dropped(tmp_path: Path) -> None:
    turns = said("Hi", "As an AI, I am.", "And?", "The image shows a dog.", "So?", "I imagine it.")
    rows = by_id(ShareGpt(write(tmp_path, [{"conversations": turns}])))
    assert [row["reason"] for row in rows.values()] == ["unfit_reply", "unfit_reply", None]


def test_sources_with_pictures_in_different_folders_are_joined(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    records = [{"image": "a.jpg", "conversations": said("What?", "A dog.")}]
    sources = (
        Llava(write(tmp_path / "one", records, "x.json")),
        Llava(write(tmp_path / "two", records, "y.json")),
        ShareGpt(write(tmp_path, [{"conversations": said("Hi", "Hello.")}], "z.json")),
    )
    joined = JoinedRows(sources)
    joined.check()
    assert joined.image_root() == tmp_path
    assert [row["images"] for row in joined.rows()] == [["one/a.jpg"], ["two/a.jpg"], []]
    assert set(joined.columns) == {"captions", "box_labels", "boxes"}
