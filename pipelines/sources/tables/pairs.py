"""A user's own instructions with responses: JSONL, JSON, CSV, TSV or Parquet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.dialogues.grounding import GROUNDING_COLUMNS, read_grounding
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.field_map import SHOWN
from pipelines.sources.tables.records import (
    Record,
    check_answer,
    image_paths,
    is_there,
    key_field,
    place_marks,
    text_field,
)
from pipelines.sources.tables.table_files import ARRAY, IMAGE_ROOT, SUFFIXES, read_records, table_columns

QUESTION, ANSWER = ("instruction", "question", "prompt"), ("response", "output", "answer")
SUPPLEMENT = "input"  # Alpaca's; joined to the instruction as the authors did
PICTURES, KEY = ("images", "image"), "id"


@dataclass
class Pairs(Source):
    """One row per record with an instruction and a response; `images` (a path or a list) is optional.

    Also read where present: `id`, `task`, Alpaca's `input`, and what boxes need (`captions`,
    `box_labels`, `boxes`). Ids are `<file>/all/<key>`.
    """

    summary = "your own instructions with responses, JSONL, JSON, CSV or Parquet (--data)"
    columns = GROUNDING_COLUMNS

    path: Annotated[Path, Flag("a file with instructions and responses", name="data")]
    pictures: Annotated[Path | None, IMAGE_ROOT] = None

    def files(self) -> list[Path]:
        return [self.path]

    def image_root(self) -> Path:
        return self.pictures or self.path.parent

    def check(self) -> None:
        suffixes = (*SUFFIXES, ARRAY)
        if not self.path.is_file() or self.path.suffix.lower() not in suffixes:
            raise ValueError(f"{self.path} is no file in {', '.join(suffixes)}; give one with --data")
        columns = self._columns()
        for names in (QUESTION, ANSWER):
            if not set(names) & set(columns):
                shown = list(columns)[:SHOWN]
                raise ValueError(f"{self.path} has columns {shown}; expected one of {', '.join(names)}")

    def rows(self) -> Iterator[Row]:
        unused = self.count_unused()
        for number, record in self._records():
            if isinstance(record, dict):
                used = _used(record)
                unused.add(f"column {name}" for name in record if name not in used and is_there(record[name]))
            yield self._row(number, record)

    def _columns(self) -> list[str]:
        return table_columns(self.path, (*QUESTION, *ANSWER))

    def _records(self) -> Iterator[Record]:
        return read_records(self.path, self._columns())

    def _row(self, number: int, record: dict[str, Any] | BadRow) -> Row:
        name = self.path.stem
        key = str(number)
        try:
            if isinstance(record, BadRow):
                raise record
            if record.get(KEY) is not None:
                key = f"row-{number}"
                key = key_field(record, KEY)
            return live_row(id=f"{name}/all/{key}", dataset=name, **self._values(record))
        except BadRow as bad:
            return failed_row(bad, id=f"{name}/all/{key}", dataset=name, task="text")

    def _values(self, record: Mapping[str, Any]) -> dict[str, Any]:
        instruction = text_field(record, _present(record, QUESTION))
        if record.get(SUPPLEMENT):
            instruction += f"\ninput: {text_field(record, SUPPLEMENT)}"
        images = image_paths(record.get(_present(record, PICTURES)), self.image_root(), required=False)
        task = text_field(record, "task") if record.get("task") else ("vqa" if images else "text")
        return {
            "task": task,
            "instruction": place_marks(instruction, len(images)),
            "images": images,
            "response": check_answer(text_field(record, _present(record, ANSWER))),
            **read_grounding(record),
        }


def _present(record: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((name for name in names if name in record), names[0])


def _used(record: Mapping[str, Any]) -> set[str]:
    """The fields that become part of a row."""
    chosen = (_present(record, names) for names in (QUESTION, ANSWER, PICTURES))
    return {*chosen, SUPPLEMENT, KEY, "task", *GROUNDING_COLUMNS}
