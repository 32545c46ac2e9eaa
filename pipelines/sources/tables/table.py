"""A user's own table: JSONL, JSON, CSV, TSV or Parquet, one file or a folder of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow, Columns
from actors.prompts.task import Task
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.field_map import FieldMap, key_columns
from pipelines.sources.tables.label_cells import LABEL_MAP, LabelCells, is_null_word, label_columns
from pipelines.sources.tables.record_reader import Telltale
from pipelines.sources.tables.records import (
    Record,
    fill_document,
    image_paths,
    is_there,
    key_field,
    text_field,
)
from pipelines.sources.tables.table_files import (
    ARRAY,
    IMAGE_ROOT,
    PARQUET,
    PEEK,
    SUFFIXES,
    read_records,
    table_columns,
)


@dataclass
class TableSource(Source):
    """One row per record, read as a stream; `label_map` turns a file's values into the task's labels.

    Ids are `<file or folder>/all/<key>`, the key being the id column or the record's number (the line
    of a JSONL file). Picture paths are taken from `image_root`, by default the table's folder. Rows of a
    multi_label task have `human_labels`; `label_separator` stands between those of one cell.
    """

    summary = "your own JSONL, JSON, CSV, TSV or Parquet (--data, --fields.*, --label-map)"
    labelled = several_labels = True

    task: Task
    path: Annotated[Path, Flag("a JSONL, CSV, TSV or Parquet file", name="data")]
    fields: Annotated[FieldMap, Flag("Which column of your table holds what.")] = field(
        default_factory=FieldMap
    )
    label_map: Annotated[Mapping[str, str], LABEL_MAP] = field(default_factory=dict)
    pictures: Annotated[Path | None, IMAGE_ROOT] = None
    label_separator: Annotated[
        str | None, Flag("Several labels per row: what stands between those of one cell; by default |.")
    ] = None

    @property
    def columns(self) -> Columns:
        return label_columns(self.task)

    def files(self) -> list[Path]:
        if self.path.is_dir():
            return sorted(file for file in self.path.iterdir() if file.suffix.lower() in SUFFIXES)
        return [self.path]

    def image_root(self) -> Path:
        return self.pictures or (self.path if self.path.is_dir() else self.path.parent)

    def check(self) -> None:
        if not self.path.exists():
            raise ValueError(f"{self.path} does not exist; give a table with --data")
        files, suffixes = self.files(), SUFFIXES if self.path.is_dir() else (*SUFFIXES, ARRAY)
        if not files or any(file.suffix.lower() not in suffixes for file in files):
            raise ValueError(f"{self.path} is no table; expected {', '.join(suffixes)} or a folder of them")
        for file in files:
            self._names(file)  # raises where the columns are not there
        self._labels.check()
        self._check_column()

    def rows(self) -> Iterator[Row]:
        several, unused = len(self.files()) > 1, self.count_unused()
        for file in self.files():
            names = self._names(file)
            used, number = {*names.columns()}, 0
            for number, record in self._records(file, names):
                if isinstance(record, dict):
                    unused.add(
                        f"column {name}" for name in record if name not in used and is_there(record[name])
                    )
                    unused.add(self._words_for_null(record, names))
                yield self._row(f"{file.stem}-{number}" if several else str(number), record, names)
            if file.suffix.lower() in PARQUET:  # of which other columns are not read
                others = [name for name in table_columns(file) if name not in used]
                unused.add((f"column {name}" for name in others), number)

    @cached_property
    def _name(self) -> str:
        return self.path.resolve().stem

    @cached_property
    def _root(self) -> str:
        return os.path.abspath(self.image_root())

    @cached_property
    def _labels(self) -> LabelCells:
        return LabelCells(self.task, self.label_map, self.label_separator)

    def _row(self, place: str, record: dict[str, Any] | BadRow, names: FieldMap) -> Row:
        fixed = {"dataset": self._name, "task": "label"}
        key = f"row-{place}" if names.id else place
        try:
            if isinstance(record, BadRow):
                raise record
            key = key_field(record, names.id) if names.id else place
            return live_row(id=f"{self._name}/all/{key}", **fixed, **self._values(record, names))
        except BadRow as bad:
            return failed_row(bad, id=f"{self._name}/all/{key}", **fixed)

    def _values(self, record: dict[str, Any], names: FieldMap) -> dict[str, Any]:
        uses_image = self.task.uses_image and bool(names.image)
        picture = record.get(names.image) if names.image else None
        images = image_paths(picture, self._root, required=uses_image)
        return {
            "text": fill_document(names.document or "", record, blank_ok=uses_image),
            "language": text_field(record, names.language, blank_ok=True) or None if names.language else None,
            "images": images,
            **self._labels.read(record.get(names.label) if names.label else None),
        }

    def _words_for_null(self, record: Mapping[str, Any], names: FieldMap) -> list[str]:
        value = record.get(names.label) if names.label else None
        if value is None or not is_null_word(value) or self._labels.knows(str(value)):
            return []
        return [f"{value!r} in column {names.label} (read as no label)"]

    def _names(self, file: Path) -> FieldMap:
        """The columns of `file` that are read."""
        columns = table_columns(file, self.fields.wanted(self.task))
        return self.fields.resolve(columns, self.task, lambda: _key_columns(file, columns))

    def _records(self, file: Path, names: FieldMap) -> Iterator[Record]:
        telltale = Telltale(names.label, self._labels.knows) if names.label else None
        return read_records(file, names.columns(), telltale)

    def _check_column(self) -> None:
        """Raises ValueError when the first thousand labels are all unknown: then the map is missing."""
        file = self.files()[0]
        names = self._names(file)
        if not names.label:
            return
        unknown = []
        for _, record in islice(self._records(file, names), PEEK):
            value = record.get(names.label) if isinstance(record, dict) else None
            try:
                if any(self._labels.read(value).values()):
                    return
            except BadRow:
                unknown.append(value)
        if unknown:
            raise ValueError(self._labels.refusal(names.label, unknown))


def _key_columns(file: Path, columns: list[str]) -> set[str]:
    """The columns of `file` that look like keys, by its first records."""
    records = (record for _, record in islice(read_records(file, columns), PEEK))
    return key_columns(record for record in records if isinstance(record, dict))
