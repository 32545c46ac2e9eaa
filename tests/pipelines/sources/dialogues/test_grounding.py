"""Captions and boxes of a picture: as a record states them, and as COCO's files do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.base import BadRow
from pipelines.sources.dialogues.grounding import CocoGrounding, read_grounding, shares

NOTHING = {"captions": None, "box_labels": None, "boxes": None}


def test_a_record_has_what_it_states_and_none_for_the_rest() -> None:
    assert read_grounding({}) == NOTHING
    assert read_grounding({"captions": ["a dog"]}) == {**NOTHING, "captions": ["a dog"]}
    whole = {"captions": ["a dog"], "box_labels": ["dog"], "boxes": [[0, 0.1, 0.5, 1]]}
    assert read_grounding({**whole, "id": 3}) == whole


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"captions": "a dog"}, "bad_captions"),
        ({"box_labels": ["dog"]}, "bad_boxes"),
        ({"box_labels": ["dog", "cat"], "boxes": [[0, 0, 1, 1]]}, "bad_boxes"),
        ({"box_labels": ["dog"], "boxes": [[0, 0, 1]]}, "bad_boxes"),
        ({"box_labels": ["dog"], "boxes": [[0, 0, 1, 1.5]]}, "bad_boxes"),
        ({"box_labels": ["dog"], "boxes": [[0, 0, True, 1]]}, "bad_boxes"),
    ],
)
def test_what_does_not_go_together_is_a_bad_row(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRow) as caught:
        read_grounding(record)
    assert caught.value.reason == reason


def test_pixels_become_shares_cut_at_the_edge() -> None:
    assert shares((20, 10, 100, 91), 200, 100) == pytest.approx([0.1, 0.1, 0.6, 1.0])
    with pytest.raises(BadRow, match="0 x 100 pixels"):
        shares((0, 0, 1, 1), 0, 100)


def write_coco(folder: Path) -> Path:
    captions = {"annotations": [{"image_id": 7, "caption": " A dog.\n"}]}
    instances = {
        "images": [{"id": 7, "width": 10, "height": 10}, {"id": 8, "width": 10, "height": 10}],
        "categories": [{"id": 1, "name": "dog"}],
        "annotations": [{"image_id": 7, "category_id": 1, "bbox": [0, 0, 5, 10]}],
    }
    (folder / "captions_val.json").write_text(json.dumps(captions))
    (folder / "instances_val.json").write_text(json.dumps(instances))
    return folder


def test_a_picture_is_found_by_the_number_in_its_name(tmp_path: Path) -> None:
    coco = CocoGrounding(write_coco(tmp_path))
    coco.check()
    expected = {"captions": ["A dog."], "box_labels": ["dog"], "boxes": [[0.0, 0.0, 0.5, 1.0]]}
    assert coco.of("000000000007.jpg") == coco.of("train/COCO_train2014_000000000007.jpg") == expected
    assert coco.of("8.jpg") == coco.of("portrait.jpg") == NOTHING


def test_a_folder_without_both_kinds_of_files_and_a_strange_file_are_refused(tmp_path: Path) -> None:
    write_coco(tmp_path)
    (tmp_path / "instances_val.json").write_text("[]")
    with pytest.raises(ValueError, match="is no COCO annotation file with 'categories'"):
        CocoGrounding(tmp_path).of("7.jpg")
    (tmp_path / "instances_val.json").unlink()
    with pytest.raises(ValueError, match=r"holds no instances_\*.json.*--annotations"):
        CocoGrounding(tmp_path).check()
