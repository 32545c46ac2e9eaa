"""Small files of dialogues, and the rows that come of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipelines.schema import Row
from pipelines.sources.source import Source


def turns_of(*texts: str, roles: tuple[str, str] = ("human", "gpt")) -> list[dict[str, str]]:
    """Turns of the two roles by turns, as ShareGPT writes them."""
    return [{"from": roles[i % 2], "value": text} for i, text in enumerate(texts)]


def rows_by_id(source: Source) -> dict[str, Row]:
    """Rows of a source that was checked, by what stands behind the file's name in their ids."""
    source.check()
    return {row["id"].split("/", 2)[2]: row for row in source.rows()}


def failures(source: Source) -> dict[str, str]:
    """Reasons of failed rows by the same key."""
    return {key: row["reason"] for key, row in rows_by_id(source).items() if row["status"] == "failed"}


def write_json(folder: Path, records: Any, name: str = "set.json") -> Path:
    """`folder/name` with the records as JSON."""
    (folder / name).write_text(json.dumps(records))
    return folder / name
