from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from actors.prompts.task import load_task
from pipelines.sources.packaged.easy_vqa import ARCHIVE, EasyVqa

QUESTIONS = [
    ["what is the blue shape?", "rectangle", 0],
    ["is there a red shape?", "no", 0],
    ["is there a red shape?", "maybe", 1],
    ["what?", 3],
]

MakeArchive = Callable[[str, Mapping[str, bytes | str]], Path]


@pytest.fixture
def wheel(make_wheel: MakeArchive) -> Path:
    return make_wheel(
        "easy_vqa.whl",
        {
            "easy_vqa/data/test/questions.json": json.dumps(QUESTIONS),
            "easy_vqa/data/test/images/0.png": b"picture",
            "easy_vqa/data/train/questions.json": "[]",
            "easy_vqa/easy_vqa.py": "",
        },
    )


def test_a_row_holds_question_picture_and_answer(wheel: Path) -> None:
    source = EasyVqa(archive=wheel, cache=wheel.parent / "cache")
    source.check()
    rows = {row["id"]: row for row in source.rows()}
    row = rows["easy_vqa/test/0"]
    assert (row["text"], row["human_label"]) == ("what is the blue shape?", "rectangle")
    assert [(source.image_root() / image).read_bytes() for image in row["images"]] == [b"picture"]
    assert len(rows) == 4


@pytest.mark.parametrize("balanced", [False, True])
def test_odd_records_fail_alone(wheel: Path, balanced: bool) -> None:
    rows = list(EasyVqa(archive=wheel, cache=wheel.parent / "cache", balanced=balanced).rows())
    failed = {row["id"]: row["detail"] for row in rows if row["status"] == "failed"}
    assert sorted(failed) == ["easy_vqa/test/2", "easy_vqa/test/3"]
    assert "maybe" in failed["easy_vqa/test/2"]


def test_another_archive_is_refused(make_wheel: MakeArchive, tmp_path: Path) -> None:
    wheel = make_wheel("easy_vqa.whl", {"easy_vqa/data/test/images/0.png": b"picture"})
    with pytest.raises(ValueError, match=r"questions\.json is not there"):
        EasyVqa(archive=wheel, cache=tmp_path / "cache").check()


def test_the_real_set_is_as_documented(fetched: Callable[..., None]) -> None:
    fetched(ARCHIVE)
    source = EasyVqa()
    rows = list(source.rows())
    assert (len(rows), {row["status"] for row in rows}) == (9673, {"live"})
    assert {row["human_label"] for row in rows} == set(load_task("easy_vqa").labels)
    pictures = {image for row in rows for image in row["images"]}
    assert len(pictures) == 1000 and all((source.image_root() / picture).is_file() for picture in pictures)
    counts = Counter(row["human_label"] for row in EasyVqa(balanced=True, limit=26).rows())
    assert set(counts.values()) == {2}
