"""UltraChat: JSON lines under either suffix."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dialogue_sets import failures, rows_by_id

from pipelines.sources.dialogues.ultrachat import UltraChat


@pytest.mark.parametrize("name", ["train_0.jsonl", "train_0.json"])
def test_ultrachat_is_read_line_by_line_under_either_suffix(tmp_path: Path, name: str) -> None:
    lines = [json.dumps({"id": "0", "data": ["Hi", "Hello.", "Bye", "Good bye."]}), '{"torn', '{"data": 5}']
    (tmp_path / name).write_text("\n".join(lines))
    source = UltraChat(tmp_path)
    rows = rows_by_id(source)
    assert [row["response"] for row in rows.values() if row["status"] == "live"] == ["Hello.", "Good bye."]
    assert list(failures(source).values()) == ["malformed_record", "bad_turns"]
