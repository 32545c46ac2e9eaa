"""What a file's labels mean in a task (`--label-map VALUE=LABEL`): one label per row, or several."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from actors.base import BadRow, Columns, Reason
from actors.did_you_mean import did_you_mean
from actors.prompts.task import Task
from pipelines.schema import LABEL_COLUMNS, MULTI_LABEL_COLUMNS, WRONG_TYPE
from pipelines.sources.source import Flag
from pipelines.sources.tables.records import UNKNOWN_LABEL

BAD_LABEL = Reason("bad_label", "the human label is none of the data set's labels")

SEPARATOR = "|"
NULL_WORDS = frozenset({"nan", "none", "null", "<na>", "nat", "\\n"})
SAY_SEVERAL = "where a row has several labels, set multi_label: true in the task file"


def label_columns(task: Task) -> Columns:
    """The columns that a row of `task` adds."""
    return MULTI_LABEL_COLUMNS if task.multi_label else LABEL_COLUMNS


def parse_label_map(pairs: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """`VALUE=LABEL` texts as a mapping; a mapping stays as it is.

    Raises:
        ValueError: a text without `=`, or a value given twice.
    """
    if isinstance(pairs, Mapping):
        return dict(pairs)
    mapped: dict[str, str] = {}
    for pair in pairs:
        value, equals, label = pair.partition("=")
        if not equals or not value.strip() or not label.strip():
            raise ValueError(f"--label-map {pair!r} is not VALUE=LABEL, such as 1=spam")
        if value.strip() in mapped:
            raise ValueError(f"--label-map gives {value.strip()!r} two meanings; keep one")
        mapped[value.strip()] = label.strip()
    return mapped


LABEL_MAP = Flag(
    "What the file's labels mean: VALUE=LABEL, such as 1=spam '0=not spam'.",
    typed=tuple[str, ...],
    read=parse_label_map,
)


def label_lookup(task: Task, label_map: Mapping[str, str]) -> dict[str, str]:
    """The task's label by what a file may call it, in lower case; `label_map` goes first.

    Raises:
        ValueError: the map leads to something that is no label of the task.
    """
    for value, label in label_map.items():
        if label not in task.labels:
            raise ValueError(
                f"--label-map {value}={label}: {label!r} is not a label of task {task.name!r}, "
                f"which has {list(task.labels)}{did_you_mean(label, task.labels)}"
            )
    mapped = {value.strip().casefold(): label for value, label in label_map.items()}
    return {label.casefold(): label for label in task.labels} | mapped


def is_null_word(value: Any) -> bool:
    """Whether `value` is what pandas and databases write for null, or the float of that name."""
    return str(value).strip().casefold() in NULL_WORDS


def read_label(value: Any, lookup: Mapping[str, str]) -> str | None:
    """The task's label for a file's `value`; None where the file does not tell (null, blank, `nan`).

    Raises:
        BadRow: unknown_label, or wrong_type for a list or an object.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise BadRow(WRONG_TYPE, f"the label is a {type(value).__name__}, expected text or a number")
    label = lookup.get(str(value).strip().casefold())
    if label is None and is_null_word(value):
        return None
    if label is None:
        raise BadRow(UNKNOWN_LABEL, f"the label is {str(value)[:100]!r}, expected one of {list(lookup)[:20]}")
    return label


@dataclass(frozen=True)
class LabelCells:
    """Reads a label column for `task`; `label_map` turns a file's values into the task's labels.

    For a multi_label task a text is cut at `separator`, unless it is a JSON list.
    """

    task: Task
    label_map: Mapping[str, str]
    separator: str | None = None

    def check(self) -> None:
        """Raises ValueError for a map to no label of the task, or a separator that cannot be meant."""
        label_lookup(self.task, self.label_map)
        if self.separator is None:
            return
        if not self.task.multi_label:
            raise ValueError(
                f"--label-separator {self.separator!r} means nothing to task {self.task.name!r}, whose rows "
                f"have one label each; {SAY_SEVERAL}"
            )
        if not self.separator:
            raise ValueError(f"--label-separator is empty; give the character, or leave it for {SEPARATOR!r}")

    def read(self, value: Any) -> dict[str, str | list[str] | None]:
        """`human_label` or, for a multi_label task, `human_labels` of a file's `value`.

        Raises:
            BadRow: unknown_label, bad_label for something that is no label in a row of several, wrong_type
                for it in a row of one.
        """
        if self.task.multi_label:
            return {"human_labels": self._several(value)}
        if isinstance(value, list):
            raise BadRow(WRONG_TYPE, f"the label is the list {value!r:.100}; {SAY_SEVERAL}")
        return {"human_label": read_label(value, self._lookup)}

    def knows(self, value: str) -> bool:
        """Whether a cell holds a label, or labels, of the task."""
        try:
            return any(self.read(value.strip().strip('"')).values())
        except BadRow:
            return False

    def refusal(self, column: str, values: Sequence[Any]) -> str:
        """What to do about a `column` whose `values` hold no label of the task."""
        other = "or choose another column with --fields.label"
        if not self.task.multi_label and all(isinstance(value, list) for value in values):
            return (
                f"column {column!r} holds lists, such as {values[0]!r:.80}, and task {self.task.name!r} has "
                f"one label per row; {SAY_SEVERAL}, {other}"
            )
        unknown = [part for value in values for part in self._unknown(value)]
        hint = ""
        if self.task.multi_label:
            hint = f"say what stands between labels with --label-separator (now {self._cut!r}), "
        elif any(
            part.strip().casefold() in self._lookup for text in unknown for part in text.split(SEPARATOR)
        ):
            hint = f"{SAY_SEVERAL}, "
        return (
            f"column {column!r} holds {sorted(set(unknown))[:8]}, none of them a label of task "
            f"{self.task.name!r} {list(self.task.labels)}; say which is which with --label-map "
            f"{unknown[0]}={self.task.labels[0]!r}, {hint}{other}"
        )

    @cached_property
    def _lookup(self) -> dict[str, str]:
        return label_lookup(self.task, self.label_map)

    @property
    def _cut(self) -> str:
        return self.separator or SEPARATOR

    def _several(self, value: Any) -> list[str] | None:
        """The labels of a row, each once and in their order; None where the file does not tell.

        Only an empty list says that no label applies: a blank text, or blanks alone, do not tell.
        """
        parts = self._parts(value)
        labels = [label for part in parts if (label := self._one(part)) is not None]
        return list(dict.fromkeys(labels)) if labels or not parts else None

    def _parts(self, value: Any) -> list[Any]:
        if isinstance(value, list):
            return value
        if value is None:
            return [""]
        if not isinstance(value, str):
            return [value]
        items = _json_list(value)
        return value.split(self._cut) if items is None else items

    def _one(self, part: Any) -> str | None:
        if not isinstance(part, str | int | float):
            raise BadRow(BAD_LABEL, f"a label is {part!r:.100}, expected text or a number")
        try:
            return read_label(part, self._lookup)
        except BadRow as unknown:
            detail = f"{unknown.detail}; a list is JSON, a text is cut at {self._cut!r} (--label-separator)"
            raise BadRow(unknown.reason, detail) from None

    def _unknown(self, value: Any) -> list[str]:
        """The parts of a cell that are no label, as text."""
        unknown = []
        for part in self._parts(value) if self.task.multi_label else [value]:
            try:
                read_label(part, self._lookup)
            except BadRow:
                unknown.append(str(part)[:40])
        return unknown or [str(value)[:40]]


def _json_list(text: str) -> list[Any] | None:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return items if isinstance(items, list) else None
