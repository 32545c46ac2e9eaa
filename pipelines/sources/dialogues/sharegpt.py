"""ShareGPT: what people asked ChatGPT and what it answered, `[{id, conversations: [{from, value}]}]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pipelines.schema import Row
from pipelines.sources.dialogues.turns import ASSISTANT, HUMAN, Dialogue, read_dialogues, read_turns
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
        records, file = read_dialogue_file(self.path), f"sharegpt/{self.path.stem}"
        return read_dialogues(records, _dialogue, file=file, max_chars=self.max_chars)


def _dialogue(record: Mapping[str, Any]) -> Dialogue:
    return Dialogue(read_turns(record.get("conversations"), ROLES))
