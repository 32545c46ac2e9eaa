"""Records in the layout of ShareGPT, LLaVA or OpenAI as dialogues: turns, pictures, fields beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from actors.base import Columns
from pipelines.sources.dialogues.speakers import ROLES, SYSTEM, Turn, read_text
from pipelines.sources.dialogues.turns import DIALOGUE_COLUMNS, Dialogue, read_turns
from pipelines.sources.tables.records import image_paths, is_there

TURNS = ("conversations", "messages")  # as ShareGPT and OpenAI name them
PICTURES = ("image", "images")
SYSTEM_FIELD = "system"  # what others write as the first turn
USED = frozenset({*TURNS, *PICTURES, SYSTEM_FIELD, "id"})
_PICTURE = re.compile(rb'"images?"\s*:\s*["\[]\s*[^\]\s]')
_SYSTEM = re.compile(rb'"system"')
CHUNK, OVERLAP = 1 << 20, 1 << 10  # bytes


def read_conversation(record: Mapping[str, Any], root: Path) -> Dialogue:
    """The dialogue of one record, with pictures below `root`.

    Raises:
        BadRow: as `read_turns`, or wrong_type or image_outside_root for the pictures.
    """
    turns = read_turns(_first(record, TURNS), ROLES)
    if record.get(SYSTEM_FIELD):
        turns = [Turn(SYSTEM, read_text(record[SYSTEM_FIELD], SYSTEM_FIELD)), *turns]
    images = image_paths(_first(record, PICTURES), root, required=False)
    unused = [f"field {name}" for name, value in record.items() if name not in USED and is_there(value)]
    return Dialogue(turns, images, unused=unused)


def _first(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    """The value of the first of `names` that holds one."""
    return next((record[name] for name in names if record.get(name)), None)


def names_pictures(path: Path) -> bool:
    """Whether any record of the file names a picture."""
    return _contains(path, _PICTURE)


def dialogue_columns(path: Path) -> Columns:
    """The columns that rows of dialogues in the file have: one for what the system says, where it does."""
    return DIALOGUE_COLUMNS if _contains(path, _SYSTEM) else {}


def _contains(path: Path, pattern: re.Pattern[bytes]) -> bool:
    if not path.is_file():
        return False
    stat = path.stat()
    return _search(path, pattern, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _search(path: Path, pattern: re.Pattern[bytes], size: int, changed_ns: int) -> bool:
    return any(pattern.search(piece) for piece in _pieces(path))


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces that overlap, so that nothing short is cut in two."""
    before = b""
    with path.open("rb") as file:
        while content := file.read(CHUNK):
            yield before + content
            before = content[-OVERLAP:]
