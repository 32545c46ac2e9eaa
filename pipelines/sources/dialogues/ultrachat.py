"""UltraChat (Ding et al. 2023): dialogues of two ChatGPTs, `{id, data: [question, answer, …]}` per line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow
from pipelines.schema import Row
from pipelines.sources.dialogues.turns import (
    ASSISTANT,
    BAD_TURNS,
    HUMAN,
    Dialogue,
    Turn,
    read_dialogues,
    read_text,
)
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.records import read_json_lines
from pipelines.sources.tables.table_files import Record, read_json_array

SUFFIXES = (".jsonl", ".json")
MAX_CHARS = 1536  # the authors' limit for a dialogue


@dataclass
class UltraChat(Source):
    """One row per answer, ids `ultrachat/<file>/<record>-<answer>`, from one file or the release's folder."""

    summary = "UltraChat: dialogues of two ChatGPTs (--data)"

    path: Annotated[Path, Flag("UltraChat's file or folder", name="data")]
    max_chars: Annotated[int, Flag("Leave out answers whose instruction and answer are longer.")] = MAX_CHARS

    def files(self) -> list[Path]:
        if self.path.is_dir():
            return sorted(file for file in self.path.iterdir() if file.suffix.lower() in SUFFIXES)
        return [self.path]

    def check(self) -> None:
        if not self.path.exists() or not self.files():
            raise ValueError(
                f"{self.path} holds no {' or '.join(SUFFIXES)} file; give UltraChat's with --data"
            )

    def rows(self) -> Iterator[Row]:
        for file in self.files():
            name = f"ultrachat/{file.stem}"
            yield from read_dialogues(_records(file), _dialogue, file=name, max_chars=self.max_chars)


def _records(file: Path) -> Iterator[Record]:
    """The release names its JSON-lines files `.json` in places; the first character tells."""
    with file.open("rb") as opened:
        is_array = opened.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return read_json_array(file) if is_array else read_json_lines(file)


def _dialogue(record: Mapping[str, Any]) -> Dialogue:
    texts = record.get("data")
    if not isinstance(texts, list):
        raise BadRow(BAD_TURNS, f"data is {texts!r:.100}, expected a list of texts")
    sides = (HUMAN, ASSISTANT)
    return Dialogue([Turn(sides[i % 2], read_text(text, f"turn {i + 1}")) for i, text in enumerate(texts)])
