"""ShareGPT: people's dialogues, from a JSON array."""

from __future__ import annotations

from pathlib import Path

import pytest
from dialogue_sets import rows_by_id, turns_of, write_json

from pipelines.sources.dialogues.sharegpt import ShareGpt


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
