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


def test_a_table_beside_the_pictures_gives_their_texts_and_labels(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", "a.png", "b.png", "images/c.png", "d.png")
    lines = [
        '{"file_name": "a.png", "text": "one", "label": "dog", "licence": "CC0"}',
        '{"file_name": "images/c.png", "text": "three", "label": 0}',
        '{"file_name": "d.png", "label": "cat"}',
        '{"file_name": "gone.png", "label": "dog"}',
        "{torn",
    ]
    (folder / "metadata.jsonl").write_text("\n".join(lines))
    source = ImageFolder(TASK, folder, {"0": "red fox"})
    source.check()  # `images` is no label, and need not be one
    rows = {row["id"].partition("/all/")[2]: row for row in source.rows()}
    assert {key: row["reason"] or (row["text"], row["human_label"]) for key, row in rows.items()} == {
        "a.png": ("one", "dog"),
        "b.png": ("", None),
        "images/c.png": ("three", "red fox"),
        "d.png": "unknown_label",
        "gone.png": "missing_image",
        "metadata.jsonl-5": "malformed_record",
    }
    assert source.unused() == {"column licence": 1}
    assert folder / "metadata.jsonl" in source.files()


def test_folders_are_labels_where_the_table_has_none(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", "dog/a.png")
    (folder / "metadata.csv").write_text("file_name,caption\ndog/a.png,A dog.\n")
    source = ImageFolder(TASK, folder)
    source.check()
    assert [(row["text"], row["human_label"]) for row in source.rows()] == [("A dog.", "dog")]
    write_pictures(folder, "images/b.png")
    with pytest.raises(ValueError, match="folder 'images' is no label"):
        ImageFolder(TASK, folder).check()


def test_what_lies_there_and_is_no_row_is_counted(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "set", "dog/a.png", "dog/more/b.png", "dog/more/c.png", ".x/d.png")
    for name in ("notes.txt", "dog/notes.txt", "dog/b.tif", "dog/LICENSE", "dog/metadata.jsonl"):
        (folder / name).write_text("x")
    source = ImageFolder(TASK, folder)
    assert len(list(source.rows())) == 1
    assert source.unused() == {
        "picture in a folder of a label's folder": 2,
        "file .txt": 2,
        "file .tif": 1,
        "file LICENSE": 1,
        "file .jsonl": 1,
    }
