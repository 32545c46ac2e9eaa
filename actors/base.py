"""Actor, Annotator, Rewriter and Filter: what a pipeline runs on tables of rows."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import pyarrow as pa

LIVE, DROPPED, FAILED = "live", "dropped", "failed"
Columns = Mapping[str, "str | pa.DataType"]  # type by column, as Arrow writes it: `list<item: float>`


class Reason(str):
    """The code of a drop or a failure, and what it means in `words`, part of a sentence.

    A code is declared once, as a constant of the module that raises it or in `reasons` of a class.
    """

    words: str

    def __new__(cls, code: str, words: str) -> Reason:
        reason = super().__new__(cls, code)
        reason.words = words
        return reason

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return str(self), self.words


EMPTY_TEXT = Reason("empty_text", "the text is empty")  # of sources and actors alike


class BadRow(ValueError):
    """One row whose data cannot be processed: `reason` is a code, `detail` says what is wrong with it.

    Raise it (the batch is then retried row by row and only the guilty row is marked), or put it in a
    returned column in place of that row's value (no retry needed). Any other exception is broken
    code and stops the run.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}"


def row_seed(seed: int, row_id: str) -> int:
    """A 63-bit seed that depends on the run's seed and the row's id alone."""
    digest = hashlib.blake2b(f"{seed}\x1f{row_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def cells_by_column(
    rows: Sequence[Mapping[str, Any] | BadRow], columns: Iterable[str]
) -> dict[str, list[Any]]:
    """The cells of `rows` by column; a BadRow stands in every column of its row."""
    return {name: [row if isinstance(row, BadRow) else row[name] for row in rows] for name in columns}


@dataclass
class Actor:
    """A stage on tables of rows; its fields are its whole configuration, `load` its only expensive step.

    Constants are class attributes: `reads = ("response",)`, and so `writes` and `column`. `reasons` maps
    each code that this actor marks rows with to its words: a filter's drops, any other actor's failures.
    """

    reasons: ClassVar[Mapping[str, str]] = {}

    @property
    def reads(self) -> tuple[str, ...]:
        """Columns that must be there before this actor runs."""
        return ()

    def load(self) -> None:
        """Called once per worker process, before the first table; models go here."""

    def check(self) -> None:
        """Preflight on the driver, before any model loads.

        Raises:
            ValueError: the configuration cannot work (a missing model folder, an unknown name).
        """

    def identity(self) -> dict[str, Any]:
        """The settings that decide what comes out; a run resumes only when they are unchanged.

        Settings that change the speed alone are left out by the actors that have some.
        """
        return dataclasses.asdict(self)


@dataclass
class Annotator(Actor):
    """Adds typed columns; those named in `transient` are left out of what a run writes."""

    transient: ClassVar[tuple[str, ...]] = ()

    @property
    def writes(self) -> Columns:
        """Name and Arrow type of every column that `annotate` returns."""
        raise NotImplementedError

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        """One value per row of `table` for every column of `writes`; a BadRow marks its row failed."""
        raise NotImplementedError


@dataclass
class Rewriter(Actor):
    """Replaces the text column `column`, keeps the old text in the column `keeps`, and may add columns."""

    @property
    def column(self) -> str:
        """The text column that is replaced."""
        raise NotImplementedError

    @property
    def keeps(self) -> str | None:
        """The column that gets the old text; None where it is kept already."""
        return f"{self.column}_original"

    @property
    def writes(self) -> Columns:
        """Name and Arrow type of columns that come with the new text."""
        return {}

    def rewrite(self, table: pa.Table) -> Sequence[str | BadRow] | Mapping[str, Sequence[Any]]:
        """The new text of every row of `table`; with `writes`, all columns by name, `column` among them."""
        raise NotImplementedError


@dataclass
class Filter(Actor):
    """Marks rows dropped for one of its `reasons`; it never removes one.

    `score` is the column of an annotator that it holds a threshold on; None for filters that judge by rule.
    """

    score: ClassVar[str | None] = None

    def keep(self, table: pa.Table) -> pa.Array:
        """Boolean per row; null and False drop."""
        raise NotImplementedError

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        """Per row of the dropped rows `table`, any of `reason`, `detail`, `score`, `threshold`.

        A filter with several `reasons` returns `reason`; one with a single reason may leave it out.
        """
        return {}
