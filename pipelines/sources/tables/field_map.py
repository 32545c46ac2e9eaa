"""Which column of a user's table holds what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.sources.tables.records import document_fields

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


def _require(column: str, columns: Sequence[str], flag: str) -> None:
    if column not in columns:
        raise ValueError(
            f"there is no column {column!r}; columns: {list(columns)[:30]}; choose one with {flag}"
            f"{did_you_mean(column, columns)}"
        )
