"""`metadata.jsonl`, `.csv` or `.parquet` in a folder of pictures: texts and labels by `file_name`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.base import BadRow
from pipelines.sources.source import Unused
from pipelines.sources.tables.records import MALFORMED_RECORD, is_there, text_field
from pipelines.sources.tables.table_files import SUFFIXES, read_records, table_columns

METADATA = "metadata"
FILE_NAME, LABEL = "file_name", "label"
TEXTS = ("text", "caption")  # the first of them that is there


@dataclass(frozen=True)
class PictureMetadata:
    """The table `file` in a folder of pictures."""

    file: Path

    @classmethod
    def of(cls, folder: Path) -> PictureMetadata | None:
        """The folder's metadata, if it has some."""
        files = (folder / f"{METADATA}{suffix}" for suffix in SUFFIXES)
        return next((cls(file) for file in files if file.is_file()), None)

    def check(self) -> None:
        """Raises ValueError for a table that names no files."""
        if FILE_NAME not in self._columns:
            raise ValueError(f"{self.file} has columns {self._columns[:30]}; it needs {FILE_NAME}")

    @property
    def has_labels(self) -> bool:
        """Whether any record says a label; then the names of folders are none."""
        return LABEL in self._columns

    def records(self, unused: Unused) -> dict[str, dict[str, Any] | BadRow]:
        """`text` and `label` by the picture's path in the folder, or why there are none; a record without a
        path goes by its number. Other columns are counted in `unused`."""
        text = next((name for name in TEXTS if name in self._columns), None)
        described: dict[str, dict[str, Any] | BadRow] = {}
        for number, record in read_records(self.file, self._columns):
            try:
                if isinstance(record, BadRow):
                    raise record
                name = Path(text_field(record, FILE_NAME)).as_posix()
            except BadRow as bad:
                described[f"{self.file.name}-{number}"] = bad
                continue
            other = record.keys() - {FILE_NAME, LABEL, text}
            unused.add(f"column {name}" for name in other if is_there(record[name]))
            known = name in described
            described[name] = _doubled(name, number) if known else _text_and_label(record, text)
        return described

    @cached_property
    def _columns(self) -> list[str]:
        return table_columns(self.file, (FILE_NAME, LABEL, *TEXTS))


def _text_and_label(record: dict[str, Any], text: str | None) -> dict[str, Any] | BadRow:
    try:
        words = text_field(record, text, blank_ok=True) if text and text in record else ""
    except BadRow as bad:
        return bad
    return {"text": words, "label": record.get(LABEL)}


def _doubled(name: str, number: int) -> BadRow:
    return BadRow(MALFORMED_RECORD, f"record {number} describes {name!r} a second time; keep one")
