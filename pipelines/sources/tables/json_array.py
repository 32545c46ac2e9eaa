"""Records of a JSON file that holds one array, a broken record costing itself alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from actors.base import BadRow
from pipelines.sources.tables.records import MALFORMED_RECORD, read_json_lines
from pipelines.sources.tables.table_files import JSON_LINES, Record


def read_dialogue_file(path: Path) -> Iterator[Record]:
    """Number from 1 and record of every entry of a JSON array, or of every line of a JSONL file."""
    return read_json_lines(path) if path.suffix.lower() in JSON_LINES else read_json_array(path)


def read_json_array(path: Path) -> Iterator[Record]:
    """Number from 1 and record of every entry; an entry that is no object is a BadRow.

    Raises:
        ValueError: the file is not UTF-8, not JSON, or holds no array.
    """
    try:
        content: Any = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} is not a JSON file ({error}); expected an array of records") from error
    if not isinstance(content, list):
        raise ValueError(f"{path} holds a {type(content).__name__}, expected an array of records")
    for number, record in enumerate(content, 1):
        if isinstance(record, dict):
            yield number, record
        else:
            kind = type(record).__name__
            yield number, BadRow(MALFORMED_RECORD, f"entry {number} is a {kind}, expected an object")
