"""Drops the rows that an annotator gave no label, each under its own kind of non-answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import Filter
from actors.labels.parse.unanswered import NO_LABEL_KINDS, UNANSWERED


@dataclass
class AnsweredFilter(Filter):
    """Drops rows that got no label, each under its own kind of non-answer.

    With `several` a row of no labels stays: it was answered.
    """

    reasons = {UNANSWERED + kind: words for kind, words in NO_LABEL_KINDS.items()}

    several: bool = False

    def identity(self) -> dict[str, Any]:
        return {"several": True} if self.several else {}

    @property
    def reads(self) -> tuple[str, ...]:
        return (self.column, "answer_kind", "raw_output")

    @property
    def column(self) -> str:
        """Null where no label was given."""
        return "labels" if self.several else "label"

    def keep(self, table: pa.Table) -> pa.Array:
        return pc.is_valid(table[self.column]).combine_chunks()

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {
            "reason": [UNANSWERED + kind for kind in table["answer_kind"].to_pylist()],
            "detail": [(text or "")[:200] for text in table["raw_output"].to_pylist()],
        }
