"""Sources made from others: several as one, and a labelled set as instructions."""

from __future__ import annotations

from pathlib import Path

from dialogue_sets import turns_of, write_json

from actors.prompts.task import Task
from pipelines.sources.derived import InstructionRows, JoinedRows
from pipelines.sources.dialogues.chatgpt import ShareGpt
from pipelines.sources.dialogues.llava import Llava
from pipelines.sources.tables.table import TableSource


def test_sources_with_pictures_in_different_folders_are_joined(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    records = [{"image": "a.jpg", "conversations": turns_of("What?", "A dog.")}]
    sources = (
        Llava(write_json(tmp_path / "one", records, "x.json")),
        Llava(write_json(tmp_path / "two", records, "y.json")),
        ShareGpt(write_json(tmp_path, [{"conversations": turns_of("Hi", "Hello.")}], "z.json")),
    )
    joined = JoinedRows(sources)
    joined.check()
    assert joined.image_root() == tmp_path
    assert [row["images"] for row in joined.rows()] == [["one/a.jpg"], ["two/a.jpg"], []]
    assert set(joined.columns) == {"captions", "box_labels", "boxes"}


def test_what_the_parts_do_not_use_is_counted_together(tmp_path: Path) -> None:
    record = {"conversations": turns_of("Hi", "Hello.", "Bye"), "tools": "x"}
    parts = tuple(ShareGpt(write_json(tmp_path, [record] * 2, f"{name}.json")) for name in "ab")
    joined = JoinedRows(parts)
    assert len(list(joined.rows())) == 4
    assert joined.unused() == {"field tools": 4, "human turn behind the last answer": 4}


def test_a_document_with_a_mark_is_no_instruction(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label,image,url\nIs it red?,yes,a.png,x\nsee <image>,no,,\n")
    task = Task("red", "s", ("yes", "no"), "{document}?")
    source = InstructionRows(TableSource(task, tmp_path / "t.csv"))
    first, second = source.rows()
    assert (first["instruction"], first["response"], first["images"]) == (
        "Is it red?<image>",
        "yes",
        ["a.png"],
    )
    assert (second["status"], second["reason"]) == ("failed", "image_marks")
    assert source.unused() == {"column url": 1}
