"""ShareGPT: what people asked ChatGPT and what it answered, `[{id, conversations: [{from, value}]}]`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow
from pipelines.schema import Row, failed_row
from pipelines.sources.dialogues.turns import ASSISTANT, HUMAN, Dialogue, dialogue_rows, read_turns
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.table_files import read_dialogue_file

ROLES = {
    "human": HUMAN, "user": HUMAN,
    "gpt": ASSISTANT, "chatgpt": ASSISTANT, "assistant": ASSISTANT, "bing": ASSISTANT, "bard": ASSISTANT,
}  # fmt: skip
MAX_CHARS = 2048  # the authors' limit for a conversation


@dataclass
class ShareGpt(Source):
    """One row per answer, ids `sharegpt/<file>/<record>-<answer>`, from a JSON array or JSONL file."""

    summary = "ShareGPT: people's dialogues with ChatGPT (--data)"

    path: Annotated[Path, Flag("ShareGPT's JSON", name="data")]
    max_chars: Annotated[int, Flag("Leave out answers whose instruction and answer are longer.")] = MAX_CHARS

    def files(self) -> list[Path]:
        return [self.path]

    def check(self) -> None:
        if not self.path.is_file():
            raise ValueError(f"{self.path} is no file; give ShareGPT's JSON with --data")

    def rows(self) -> Iterator[Row]:
        for number, record in read_dialogue_file(self.path):
            yield from self._rows(number, record)

    def _rows(self, number: int, record: dict[str, Any] | BadRow) -> Iterator[Row]:
        row_id = f"sharegpt/{self.path.stem}/{number}"
        try:
            if isinstance(record, BadRow):
                raise record
            turns = read_turns(record.get("conversations"), ROLES)
            yield from dialogue_rows(Dialogue(row_id, "sharegpt", "text", turns), self.max_chars)
        except BadRow as bad:
            yield failed_row(bad, id=row_id, dataset="sharegpt", task="text")
