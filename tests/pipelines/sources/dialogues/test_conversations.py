"""Records of several layouts as dialogues, and files that name pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dialogue_sets import turns_of

from actors.base import BadRow
from pipelines.sources.dialogues import conversations
from pipelines.sources.dialogues.conversations import dialogue_columns, names_pictures, read_conversation
from pipelines.sources.dialogues.speakers import ASSISTANT, HUMAN, SYSTEM, Turn

SAID = [Turn(HUMAN, "Hi"), Turn(ASSISTANT, "Yo.")]
OPENAI = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo."}]


@pytest.mark.parametrize(
    "record",
    [
        {"conversations": turns_of("Hi", "Yo.")},
        {"conversations": OPENAI},
        {"messages": OPENAI},
        {"conversations": None, "messages": OPENAI},
    ],
)
def test_turns_stand_under_several_names(record: dict[str, Any], tmp_path: Path) -> None:
    assert read_conversation(record, tmp_path).turns == SAID


@pytest.mark.parametrize(
    ("value", "images"),
    [("a.png", ["a.png"]), (["a.png", "b.png"], ["a.png", "b.png"]), (None, []), ([], [])],
)
@pytest.mark.parametrize("name", ["image", "images"])
def test_pictures_are_a_path_or_several_under_two_names(
    value: Any, images: list[str], name: str, tmp_path: Path
) -> None:
    record = {"conversations": turns_of("Hi", "Yo."), name: value}
    assert read_conversation(record, tmp_path).images == images


def test_a_system_text_beside_the_turns_is_the_first_turn(tmp_path: Path) -> None:
    record = {"conversations": turns_of("Hi", "Yo."), "system": "Be nice."}
    assert read_conversation(record, tmp_path).turns == [Turn(SYSTEM, "Be nice."), *SAID]


def test_fields_that_no_row_has_are_named(tmp_path: Path) -> None:
    record = {"id": 7, "conversations": turns_of("Hi", "Yo."), "tools": "[{}]", "model": "", "image": "a.png"}
    assert read_conversation(record, tmp_path).unused == ["field tools"]


def test_a_picture_outside_the_folder_is_refused(tmp_path: Path) -> None:
    record = {"conversations": turns_of("Hi", "Yo."), "image": "../imgs2/a.png"}
    with pytest.raises(BadRow, match="image_outside_root"):
        read_conversation(record, tmp_path / "imgs")


def test_a_file_has_a_column_for_the_system_where_it_says_something(tmp_path: Path) -> None:
    turns = turns_of('He said "system": 5', "Yo.")
    (tmp_path / "none.json").write_text(json.dumps([{"conversations": turns}]))
    (tmp_path / "one.json").write_text(json.dumps([{"conversations": [{"from": "system", "value": "x"}]}]))
    (tmp_path / "field.json").write_text(json.dumps([{"conversations": turns, "system": "x"}]))
    has = {
        name: list(dialogue_columns(tmp_path / f"{name}.json")) for name in ("none", "one", "field", "gone")
    }
    assert has == {"none": [], "one": ["system"], "field": ["system"], "gone": []}


def test_a_file_names_pictures_where_any_record_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = [{"conversations": turns_of("Hi", "Yo."), "images": []}, {"image": None, "text": "images: [x]"}]
    (tmp_path / "none.json").write_text(json.dumps(none, indent=1))
    assert not names_pictures(tmp_path / "none.json")
    monkeypatch.setattr(conversations, "CHUNK", 64)
    monkeypatch.setattr(conversations, "OVERLAP", 32)
    for number in range(64):  # wherever a piece ends
        file = tmp_path / f"{number}.json"
        file.write_text(json.dumps([{"x": "y" * number}, {"images": ["a.png"]}], indent=1))
        assert names_pictures(file)
