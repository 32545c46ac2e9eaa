"""Hateful Memes as released: jsonl beside img/."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.pictures.image_reader import read_image
from actors.prompts.task import load_task
from pipelines.sources.papers.hateful_memes import SPLITS, HatefulMemes

TASK = load_task("hateful_memes")


def write_set(folder: Path, lines: list[Any], split: str = "test_unseen") -> Path:
    (folder / "img").mkdir(exist_ok=True)
    Image.new("RGB", (8, 6), "red").save(folder / "img" / "01235.png")
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    (folder / f"{split}.jsonl").write_text(text)
    return folder


def test_memes_become_rows_with_their_picture_and_label(tmp_path: Path) -> None:
    folder = write_set(
        tmp_path,
        [
            {"id": 1235, "img": "img/01235.png", "label": 1, "text": "a text"},
            {"id": "01236", "img": "img/01236.png", "label": 0, "text": "another"},
            {"id": 1237, "img": "img/01237.png", "text": "no label"},
        ],
    )
    source = HatefulMemes(TASK, folder)
    source.check()
    rows = list(source.rows())
    assert [row["id"] for row in rows] == [
        f"hateful_memes/test_unseen/{key}" for key in ("1235", "01236", "1237")
    ]
    assert [row["human_label"] for row in rows] == ["hateful", "not hateful", None]
    assert {row["status"] for row in rows} == {"live"}
    assert read_image(source.image_root(), rows[0]["images"][0])


@pytest.mark.parametrize("split", SPLITS)
def test_every_released_split_is_read(tmp_path: Path, split: str) -> None:
    meme = {"id": 1, "img": "img/01235.png", "label": 1, "text": "a text"}
    source = HatefulMemes(TASK, write_set(tmp_path, [meme], split), split)
    source.check()
    assert [(row["id"], row["human_label"]) for row in source.rows()] == [
        (f"hateful_memes/{split}/1", "hateful")
    ]


def test_broken_memes_fail_alone(tmp_path: Path) -> None:
    folder = write_set(
        tmp_path,
        [
            {"img": "img/1.png", "label": 1, "text": "x"},
            {"id": 2, "label": 1, "text": "x"},
            {"id": 3, "img": "../../secret.png", "label": 1, "text": "x"},
            {"id": 4, "img": "img/1.png", "label": 2, "text": "x"},
            {"id": 5, "img": "img/1.png", "label": 1},
            {"id": 6, "img": "img/1.png", "label": 1, "text": ""},
            {"id": 7, "img": "img/1.png", "label": 1, "text": 7},
            '{"id": 8, "img"',
        ],
        "train",
    )
    rows = list(HatefulMemes(TASK, folder, "train").rows())
    assert [row["reason"] for row in rows] == [
        "bad_id",
        "missing_image",
        "image_outside_root",
        "unknown_label",
        "missing_field",
        "empty_text",
        "wrong_type",
        "malformed_record",
    ]
    assert len({row["id"] for row in rows}) == 8


def test_a_wrong_split_or_folder_is_named(tmp_path: Path) -> None:
    folder = write_set(tmp_path, [{"id": 1}], "test_seen")
    with pytest.raises(ValueError, match="did you mean 'test_seen'"):
        HatefulMemes(TASK, folder).check()
    with pytest.raises(ValueError, match="is no folder"):
        HatefulMemes(TASK, tmp_path / "no").check()
    (folder / "test_unseen.jsonl").write_text("")
    with pytest.raises(ValueError, match="is empty"):
        HatefulMemes(TASK, folder).check()


def test_a_task_with_other_labels_needs_a_map(tmp_path: Path) -> None:
    folder = write_set(tmp_path, [{"id": 1, "img": "img/1.png", "label": 1, "text": "x"}])
    task = load_task("iad_2")
    with pytest.raises(ValueError, match="--label-map"):
        HatefulMemes(task, folder).check()
    source = HatefulMemes(task, folder, label_map={"0": "positive", "1": "negative"})
    source.check()
    assert next(source.rows())["human_label"] == "negative"
