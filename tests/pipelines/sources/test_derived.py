"""Sources made from others: several as one."""

from __future__ import annotations

from pathlib import Path

from dialogue_sets import turns_of, write_json

from pipelines.sources.derived import JoinedRows
from pipelines.sources.dialogues.chatgpt import ShareGpt
from pipelines.sources.dialogues.llava import Llava


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
