"""The columns every row has, and how a source fills them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from actors.apply import MARKS
from actors.base import FAILED, LIVE, BadRow, Columns, Reason
from actors.columns import arrow_types

WRONG_TYPE = Reason("wrong_type", "a value is not of the kind that the column wants")
# Why a row takes no part where labels are compared.
NO_HUMAN_LABEL = Reason("no_human_label", "no human label")
LABEL_NOT_IN_TASK = Reason("label_not_in_task", "a human label that is none of the task's")
NOT_IN_RUN = Reason("not_in_run", "the annotation run does not hold the row")

BASE_COLUMNS: Columns = {
    "id": "string",
    "dataset": "string",
    "task": "string",
    "images": "list<item: string>",
    "instruction": "string",
    "response": "string",
    **MARKS,
}

# What an annotation task adds to the base columns.
LABEL_COLUMNS: Columns = {
    "text": "string",  # the document to label
    "language": "string",  # ISO 639-1, null where it makes no sense
    "human_label": "string",  # one of the task's labels, null where the set does not tell
}

# The columns of a task with several labels per row; null where a row is not labelled.
MULTI_LABEL_COLUMNS: Columns = {"text": "string", "language": "string", "human_labels": "list<item: string>"}

Row = dict[str, Any]


def base_schema() -> pa.Schema:
    """The columns that every row has."""
    return pa.schema(arrow_types(BASE_COLUMNS))


def live_row(*, id: str, dataset: str, task: str, **columns: Any) -> Row:
    """A row that has every base column, `columns` on top."""
    row: Row = dict.fromkeys(BASE_COLUMNS)
    return row | {"id": id, "dataset": dataset, "task": task, "images": [], "status": LIVE} | columns


def failed_row(error: BadRow, *, id: str, dataset: str, task: str, **columns: Any) -> Row:
    """A row that arrived broken: it stays in the ledger, and no model sees it."""
    row = live_row(id=id, dataset=dataset, task=task, **columns)
    return row | {"status": FAILED, "reason": error.reason, "detail": error.detail}
