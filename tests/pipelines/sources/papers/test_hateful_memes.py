"""Hateful Memes as released: jsonl beside img/."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from actors.pictures.image_reader import read_image
from actors.prompts.task import load_task
from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.sources.choice import open_source
from pipelines.sources.papers.hateful_memes import SPLITS, HatefulMemes
from trainers.mmbt.prepared import SplitManifests, read_splits, write_prepared
from trainers.mmbt.rows import check_columns, read_rows

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


@pytest.fixture
def memes(tmp_path: Path) -> Manifest:
    """One good meme, one whose file is missing, one whose file is no picture, and broken records."""
    folder = tmp_path / "memes"
    (folder / "img").mkdir(parents=True)
    Image.new("RGB", (8, 6), "red").save(folder / "img" / "1.png")
    (folder / "img" / "3.png").write_bytes(b"no picture")
    records: list[dict[str, Any]] = [
        {"id": number, "img": f"img/{number}.png", "label": number % 2, "text": f"text {number}"}
        for number in range(1, 7)
    ]
    records[3]["text"] = "  "
    records[4]["label"] = 7
    del records[5]["label"]
    (folder / "train.jsonl").write_text("\n".join(map(json.dumps, records)))
    return ingest_rows(open_source("hateful_memes", data=folder, split="train"), tmp_path / "out")


def test_empty_texts_and_labels_outside_the_list_are_counted_and_taught_by_none(memes: Manifest) -> None:
    assert memes.reasons["failed"] == {"empty_text": 1, "unknown_label": 1}
    assert check_columns(memes) is False
    rows, counts = read_rows([memes], multi_label=False)
    assert [(row.id.rsplit("/", 1)[1], row.label) for row in rows] == [
        ("1", "hateful"),
        ("2", "not hateful"),
        ("3", "hateful"),
        ("6", None),
    ]
    assert counts.not_live == 2


def test_a_missing_and_an_unreadable_picture_are_grey_for_the_classifier_and_counted(
    memes: Manifest, tmp_path: Path
) -> None:
    rows = read_splits(SplitManifests([memes], None, [], multi_label=False))
    assert [row.picture is None for row in rows.train] == [False, True, True, True]
    prepared = write_prepared(rows, None, tmp_path / "prepared", classes=(), held_out=0.5, seed=0)
    assert sum(counts["grey"] for counts in prepared.counts.values()) == 2  # the third has no label
