"""A folder of pictures, with and without labels."""

from pathlib import Path

import pytest
from PIL import Image

from actors.pictures.image_reader import read_image
from actors.prompts.task import Task
from pipelines.sources.tables.image_folder import ImageFolder

TASK = Task("t", "s", ("red fox", "dog"), "{document}?", uses_image=True)


def write_pictures(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (4, 4), "green").save(folder / name, "PNG")
    return folder


def test_folders_are_labels_and_pictures_beside_them_have_none(tmp_path: Path) -> None:
    folder = write_pictures(
        tmp_path / "set", "red_fox/b-1.PNG", "red_fox/a.jpg", "Dog/c.webp", "d.png", ".x/e.png"
    )
    (folder / "Dog" / "notes.txt").write_text("not a row")
    source = ImageFolder(TASK, folder)
    source.check()
    rows = list(source.rows())
    assert [(row["id"], row["human_label"], row["images"]) for row in rows] == [
        ("set/all/d.png", None, ["d.png"]),
        ("set/all/Dog/c.webp", "dog", ["Dog/c.webp"]),
        ("set/all/red_fox/a.jpg", "red fox", ["red_fox/a.jpg"]),
        ("set/all/red_fox/b-1.PNG", "red fox", ["red_fox/b-1.PNG"]),
    ]
    assert {row["text"] for row in rows} == {""}
    assert read_image(source.image_root(), rows[1]["images"][0])
    named = ImageFolder(TASK, folder, name_as_text=True)
    assert [row["text"] for row in named.rows()] == ["d", "c", "a", "b 1"]


def test_labels_can_be_mapped(tmp_path: Path) -> None:
    source = ImageFolder(TASK, write_pictures(tmp_path, "n02_1/a.png"), {"n02_1": "dog"})
    source.check()
    assert next(source.rows())["human_label"] == "dog"


def test_what_is_wrong_with_the_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no folder"):
        ImageFolder(TASK, tmp_path / "no").check()
    with pytest.raises(ValueError, match="holds no pictures"):
        ImageFolder(TASK, tmp_path).check()
    write_pictures(tmp_path, "dogs/a.png")
    with pytest.raises(ValueError, match="did you mean 'dog'"):
        ImageFolder(TASK, tmp_path).check()


def test_a_name_that_is_no_text_is_a_failed_row(tmp_path: Path) -> None:
    write_pictures(tmp_path, "a.png")
    (tmp_path / "a.png").rename(tmp_path / b"\xff.png".decode("utf-8", "surrogateescape"))
    (row,) = ImageFolder(TASK, tmp_path).rows()
    assert row["reason"] == "bad_id"
    assert row["id"].encode("utf-8")
