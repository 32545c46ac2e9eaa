"""ShareGPT: people's dialogues, from a JSON array; UltraChat: JSON lines under either suffix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dialogue_sets import failures, rows_by_id, turns_of, write_json

from pipelines.sources.dialogues.chatgpt import ShareGpt, UltraChat


def test_sharegpt_skips_system_texts_and_answers_to_nothing(tmp_path: Path) -> None:
    turns = [
        {"from": "system", "value": "be nice"},
        {"from": "gpt", "value": "Hello!"},
        *turns_of("Hi", "Hello."),
    ]
    rows = rows_by_id(ShareGpt(write_json(tmp_path, [{"id": "x", "conversations": turns}])))
    assert [(row["instruction"], row["response"], row["images"]) for row in rows.values()] == [
        ("Hi", "Hello.", [])
    ]


def test_a_file_that_is_no_array_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected an array"):
        list(ShareGpt(write_json(tmp_path, {"a": 1})).rows())
    with pytest.raises(ValueError, match="is no file"):
        ShareGpt(tmp_path / "none.json").check()


@pytest.mark.parametrize("name", ["train_0.jsonl", "train_0.json"])
def test_ultrachat_is_read_line_by_line_under_either_suffix(tmp_path: Path, name: str) -> None:
    lines = [json.dumps({"id": "0", "data": ["Hi", "Hello.", "Bye", "Good bye."]}), '{"torn', '{"data": 5}']
    (tmp_path / name).write_text("\n".join(lines))
    source = UltraChat(tmp_path)
    rows = rows_by_id(source)
    assert [row["response"] for row in rows.values() if row["status"] == "live"] == ["Hello.", "Good bye."]
    assert list(failures(source).values()) == ["malformed_record", "bad_turns"]
