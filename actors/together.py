"""Several annotators in one worker: small models that share a GPU need one pool, not one each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.apply import apply
from actors.base import FAILED, Annotator, BadRow, Columns, cells_by_column


@dataclass
class Together(Annotator):
    """Runs `parts` one after the other; a later part may read what an earlier one writes.

    A row that one part fails is not seen by those behind it, as in stages of their own.
    """

    parts: tuple[Annotator, ...]

    @property
    def reads(self) -> tuple[str, ...]:
        columns: dict[str, None] = {}
        provided: set[str] = set()
        for part in self.parts:
            columns |= dict.fromkeys(column for column in part.reads if column not in provided)
            provided |= set(part.writes)
        return tuple(columns)

    @property
    def writes(self) -> Columns:
        return {column: kind for part in self.parts for column, kind in part.writes.items()}

    def check(self) -> None:
        for part in self.parts:
            part.check()

    def identity(self) -> dict[str, Any]:
        return {"parts": [{"actor": type(part).__name__, **part.identity()} for part in self.parts]}

    def load(self) -> None:
        for part in self.parts:
            part.load()

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        for part in self.parts:
            table = apply(part, table)
        rows = table.select(["status", "reason", "detail", *self.writes]).to_pylist()
        cells = [BadRow(row["reason"], row["detail"]) if row["status"] == FAILED else row for row in rows]
        return cells_by_column(cells, self.writes)
