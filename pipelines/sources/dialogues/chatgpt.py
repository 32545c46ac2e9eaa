"""Dialogues with ChatGPT.

ShareGPT: what people asked and what was answered, `[{id, conversations: [{from, value}]}]`, in sets of other
origin with pictures (`images`), and with OpenAI's names (`messages: [{role, content}]`).
UltraChat (Ding et al. 2023): dialogues of two ChatGPTs, `{id, data: [question, answer, …]}` per line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow, Columns
from pipelines.schema import Row
from pipelines.sources.dialogues.conversations import dialogue_columns, names_pictures, read_conversation
from pipelines.sources.dialogues.speakers import ASSISTANT, BAD_TURNS, HUMAN, Turn, read_text
from pipelines.sources.dialogues.turns import Dialogue, read_dialogues
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.records import Record, read_json_lines
from pipelines.sources.tables.table_files import (
    IMAGE_ROOT,
    read_dialogue_file,
    read_json_array,
    refuse_other_format,
)

SUFFIXES = (".jsonl", ".json")  # of UltraChat
SHAREGPT_CHARS, ULTRACHAT_CHARS = 2048, 1536  # the authors' limits for a conversation
MAX_CHARS = Flag("Leave out answers whose instruction and answer are longer.")


@dataclass
class ShareGpt(Source):
    """One row per answer, ids `sharegpt/<file>/<record>-<answer>`, from a JSON array or JSONL file."""

    summary = "ShareGPT: people's dialogues with ChatGPT (--data)"
    path: Annotated[Path, Flag("ShareGPT's JSON", name="data")]
    max_chars: Annotated[int, MAX_CHARS] = SHAREGPT_CHARS
    pictures: Annotated[Path | None, IMAGE_ROOT] = None

    @property
    def columns(self) -> Columns:
        return dialogue_columns(self.path)

    def files(self) -> list[Path]:
        return [self.path]

    def image_root(self) -> Path | None:
        return self.pictures or (self.path.parent if names_pictures(self.path) else None)

    def check(self) -> None:
        if not self.path.is_file():
            raise ValueError(f"{self.path} is no file; give ShareGPT's JSON with --data")

    def rows(self) -> Iterator[Row]:
        records, root = read_dialogue_file(self.path), self.image_root() or self.path.parent
        return read_dialogues(
            records,
            lambda record: read_conversation(record, root),
            file=f"sharegpt/{self.path.stem}",
            unused=self.count_unused(),
            max_chars=self.max_chars,
        )


@dataclass
class UltraChat(Source):
    """One row per answer, ids `ultrachat/<file>/<record>-<answer>`, from one file or the release's folder."""

    summary = "UltraChat: dialogues of two ChatGPTs (--data)"

    path: Annotated[Path, Flag("UltraChat's file or folder", name="data")]
    max_chars: Annotated[int, MAX_CHARS] = ULTRACHAT_CHARS

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
        unused = self.count_unused()
        for file in self.files():
            name = f"ultrachat/{file.stem}"
            yield from read_dialogues(
                _records(file), _ultrachat, file=name, unused=unused, max_chars=self.max_chars
            )


def _records(file: Path) -> Iterator[Record]:
    """The release names its JSON-lines files `.json` in places; the first character tells."""
    refuse_other_format(file)
    with file.open("rb") as opened:
        is_array = opened.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return read_json_array(file) if is_array else read_json_lines(file)


def _ultrachat(record: Mapping[str, Any]) -> Dialogue:
    texts = record.get("data")
    if not isinstance(texts, list):
        raise BadRow(BAD_TURNS, f"data is {texts!r:.100}, expected a list of texts")
    sides = (HUMAN, ASSISTANT)
    return Dialogue([Turn(sides[i % 2], read_text(text, f"turn {i + 1}")) for i, text in enumerate(texts)])
