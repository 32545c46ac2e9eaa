"""Columns of a table that a labelling task reads: those that flags name, else those of the usual names."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.sources.tables.records import document_fields

OPTIONAL = ("label", "id", "image", "language")
SEVERAL = "labels"  # what the label column is also called where a row has several
# What the picture column is called too where a task shows pictures; `file_name` is Hugging Face's.
PICTURES = ("image", "images", "file_name", "image_path", "img")
SHOWN = 30  # columns that an error names

NoKeys = Callable[[], Collection[str]]


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
    """Column with a picture's path, taken from --image-root; of a task with pictures `file_name` too."""
    language: str | None = None
    """Column with a language code."""
    document: str | None = None
    """The text made of several columns, such as 'Title: {title} Body: {body}'."""

    def template(self, task: Task) -> str:
        """The document template: this map's, else its text column, else the task's own."""
        return self.document or (f"{{{self.text}}}" if self.text else task.document)

    def wanted(self, task: Task) -> list[str]:
        """Every column that is looked for."""
        named = [getattr(self, name) or name for name in OPTIONAL]
        other = (*(PICTURES if task.uses_image else ()), *((SEVERAL,) if task.multi_label else ()))
        return list(dict.fromkeys([*document_fields(self.template(task)), *named, *other]))

    def columns(self) -> list[str]:
        """The columns of a resolved map."""
        names = (*document_fields(self.document or ""), self.label, self.id, self.image, self.language)
        return list(dict.fromkeys(name for name in names if name))

    def resolve(self, columns: Sequence[str], task: Task, keys: NoKeys = tuple) -> FieldMap:
        """This map with every name filled in, "" where the table has no such column.

        `keys` gives the columns that look like keys, which are no suggestion for another one.

        Raises:
            ValueError: a column that was named, or that the document needs, is not there, or the task shows
                pictures and no column names them.
        """
        template = self.template(task)
        needed = document_fields(template)
        if not needed:
            raise ValueError(
                f"--fields.document is {template!r}; it needs a column in braces, such as {{text}}"
            )
        for column in needed:
            flag = "--fields.text" if self.document is None else "--fields.document"
            self._require(column, columns, flag, keys)
        names = {name: self._optional(name, columns, keys) for name in OPTIONAL}
        if task.multi_label and self.label is None and SEVERAL in columns:
            names["label"] = SEVERAL
        if task.uses_image and self.image is None:
            names["image"] = _picture_column(columns, task)
        return FieldMap(document=template, **names)

    def _optional(self, name: str, columns: Sequence[str], keys: NoKeys) -> str:
        column: str | None = getattr(self, name)
        if column:
            self._require(column, columns, f"--fields.{name}", tuple if name == "id" else keys)
        return column if column is not None else (name if name in columns else "")

    def _require(self, column: str, columns: Sequence[str], flag: str, keys: NoKeys) -> None:
        if column in columns:
            return
        taken = {getattr(self, name) or name for name in OPTIONAL if flag != f"--fields.{name}"}
        taken |= set(keys())
        others = [name for name in columns if name not in taken]
        raise ValueError(
            f"there is no column {column!r}; columns: {list(columns)[:SHOWN]}; choose one with {flag}"
            f"{did_you_mean(column, others)}"
        )


def _picture_column(columns: Sequence[str], task: Task) -> str:
    """The first of the names of picture columns that is there; an error where there is none."""
    for name in PICTURES:
        if name in columns:
            return name
    raise ValueError(
        f"task {task.name!r} shows pictures, and no column names one; columns: {list(columns)[:SHOWN]}; "
        'choose one with --fields.image, or say --fields.image "" to label the text alone'
    )


def key_columns(records: Iterable[Mapping[str, Any]]) -> set[str]:
    """The columns whose values are all different and single words or numbers, in two records at least."""
    seen: dict[str, set[str]] = {}
    double: set[str] = set()
    for record in records:
        for name, value in record.items():
            words = str(value)
            if words in seen.setdefault(name, set()) or len(words.split()) != 1:
                double.add(name)
            seen[name].add(words)
    return {name for name, values in seen.items() if len(values) > 1} - double
