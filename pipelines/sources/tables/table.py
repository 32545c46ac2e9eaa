"""A user's own table: JSONL, CSV, TSV or Parquet, one file or a folder of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from actors.base import BadRow, Columns
from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.schema import Row, failed_row, live_row
from pipelines.sources.source import Flag, Source
from pipelines.sources.tables.label_cells import LABEL_MAP, LabelCells, label_columns
from pipelines.sources.tables.records import (
    document_fields,
    fill_document,
    image_paths,
    key_field,
    text_field,
)
from pipelines.sources.tables.table_files import (
    IMAGE_ROOT,
    PEEK,
    SUFFIXES,
    Record,
    read_records,
    table_columns,
)

OPTIONAL = ("label", "id", "image", "language")
SEVERAL = "labels"  # what the label column is also called where a row has several


@dataclass(frozen=True)
class FieldMap:
    """Column names. What is not given is the column of the same name, if there is one; "" means none."""

    text: str | None = None
    """Column with the text to label."""
    label: str | None = None
    """Column with the human label; with several per row by default `labels`, or else `label`."""
    id: str | None = None
    """Column with a unique key; without one (or "") rows are counted."""
    image: str | None = None
    """Column with a picture's path, taken from --image-root."""
    language: str | None = None
    """Column with a language code."""
    document: str | None = None
    """The text made of several columns, such as 'Title: {title} Body: {body}'."""

    def template(self, task: Task) -> str:
        """The document template: this map's, else its text column, else the task's own."""
        return self.document or (f"{{{self.text}}}" if self.text else task.document)

    def resolve(self, columns: Sequence[str], task: Task) -> FieldMap:
        """This map with every name filled in, "" where the table has no such column.

        Raises:
            ValueError: a column that was named, or that the document needs, is not there.
        """
        template = self.template(task)
        needed = document_fields(template)
        if not needed:
            raise ValueError(
                f"--fields.document is {template!r}; it needs a column in braces, such as {{text}}"
            )
        for column in needed:
            _require(column, columns, "--fields.text" if self.document is None else "--fields.document")
        names = {name: self._optional(name, columns) for name in OPTIONAL}
        if task.multi_label and self.label is None and SEVERAL in columns:
            names["label"] = SEVERAL
        return FieldMap(document=template, **names)

    def _optional(self, name: str, columns: Sequence[str]) -> str:
        column: str | None = getattr(self, name)
        if column:
            _require(column, columns, f"--fields.{name}")
        return column if column is not None else (name if name in columns else "")


@dataclass
class TableSource(Source):
    """One row per record, read as a stream; `label_map` turns a file's values into the task's labels.

    Ids are `<file or folder>/all/<key>`, the key being the id column or the record's number (the line
    of a JSONL file). Picture paths are taken from `image_root`, by default the table's folder. Rows of a
    multi_label task have `human_labels`; `label_separator` stands between those of one cell.
    """

    summary = "your own JSONL, CSV, TSV or Parquet (--data, --fields.*, --label-map)"
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
        files = self.files()
        if not files or any(file.suffix.lower() not in SUFFIXES for file in files):
            raise ValueError(f"{self.path} is no table; expected {', '.join(SUFFIXES)} or a folder of them")
        for file in files:
            self.fields.resolve(table_columns(file), self.task)
        self._labels.check()
        self._check_column()

    def rows(self) -> Iterator[Row]:
        several = len(self.files()) > 1
        for file in self.files():
            names = self.fields.resolve(table_columns(file), self.task)
            for number, record in _records(file, names):
                yield self._row(f"{file.stem}-{number}" if several else str(number), record, names)

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

    def _check_column(self) -> None:
        """Raises ValueError when the first thousand labels are all unknown: then the map is missing."""
        file = self.files()[0]
        names = self.fields.resolve(table_columns(file), self.task)
        if not names.label:
            return
        unknown = []
        for _, record in islice(_records(file, names), PEEK):
            value = record.get(names.label) if isinstance(record, dict) else None
            try:
                if any(self._labels.read(value).values()):
                    return
            except BadRow:
                unknown.append(value)
        if unknown:
            raise ValueError(self._labels.refusal(names.label, unknown))


def _records(file: Path, names: FieldMap) -> Iterator[Record]:
    columns = [*document_fields(names.document or ""), names.label, names.id, names.image, names.language]
    return read_records(file, list(dict.fromkeys(name for name in columns if name)))


def _require(column: str, columns: Sequence[str], flag: str) -> None:
    if column not in columns:
        raise ValueError(
            f"there is no column {column!r}; columns: {list(columns)[:30]}; choose one with {flag}"
            f"{did_you_mean(column, columns)}"
        )
