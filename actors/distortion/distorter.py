"""The distorted response of every row, by the strategy the row was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import EMPTY_TEXT, BadRow, Filter, Rewriter, cells_by_column, row_seed
from actors.distortion.llm_answer import EMPTY, NO_TEXT
from actors.distortion.random_text import RandomText
from actors.distortion.strategies import BOXES, LLM, RANDOM, STRATEGIES, captions_and_boxes

BOX_COLUMNS = ("captions", "box_labels", "boxes")


@dataclass
class Distorter(Rewriter):
    """The distorted text in the place of the response, which stays as `response_original`.

    Random augmentation and boxes are made here, the language model's text is taken over; where it gave
    none the response is null. `strategies` are those that rows of this run can have; they decide which
    columns are read. A random augmentation that left the text as it was says so in `distortion_changed`.
    """

    strategies: tuple[str, ...] = STRATEGIES
    faithful: bool = False
    seed: int = 0

    @property
    def reads(self) -> tuple[str, ...]:
        extra = {LLM: ("llm_text", "llm_did"), BOXES: BOX_COLUMNS}
        return ("id", "response", "distortion", *(c for s in self.strategies for c in extra.get(s, ())))

    column = "response"
    writes = {"distortion_detail": "string", "distortion_changed": "bool"}

    def load(self) -> None:
        self.random_text = RandomText(self.faithful) if RANDOM in self.strategies else None

    def rewrite(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        cells = [self._cells(row) for row in table.select(list(self.reads)).to_pylist()]
        return cells_by_column(cells, (self.column, *self.writes))

    def _cells(self, row: Mapping[str, Any]) -> dict[str, Any] | BadRow:
        if row["response"] is None:
            return BadRow(EMPTY_TEXT, "there is no response to distort")
        text, detail = self._distorted(row)
        changed = None if text is None else text != row["response"]
        return {"response": text, "distortion_detail": detail, "distortion_changed": changed}

    def _distorted(self, row: Mapping[str, Any]) -> tuple[str | None, str]:
        if row["distortion"] == BOXES:
            made = f"{len(row['captions'])} captions, {len(row['boxes'])} boxes"
            return captions_and_boxes(row["captions"], row["box_labels"], row["boxes"]), made
        if row["distortion"] == LLM:
            return row["llm_text"], row["llm_did"]
        assert self.random_text is not None, f"{row['id']} is for {row['distortion']!r}"
        augmented = self.random_text.augment(row["response"], row_seed(self.seed, f"{row['id']}/random"))
        return augmented.text, augmented.detail


@dataclass
class DistortedFilter(Filter):
    """Drops rows without a distorted text, each with the language model's reason."""

    reasons = {reason: reason.words for reason in NO_TEXT}

    with_llm: bool = True

    @property
    def reads(self) -> tuple[str, ...]:
        return ("response", *(("llm_reason", "llm_words") if self.with_llm else ()))

    def keep(self, table: pa.Table) -> pa.Array:
        text = pc.utf8_trim_whitespace(pc.fill_null(table["response"], ""))
        return pc.not_equal(text, "").combine_chunks()

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        if not self.with_llm:
            left = ["nothing is left of the response"] * table.num_rows
            return {"reason": [EMPTY] * table.num_rows, "detail": left}
        reasons, words = table["llm_reason"].to_pylist(), table["llm_words"].to_pylist()
        return {"reason": [reason or EMPTY for reason in reasons], "detail": words}


@dataclass
class OverlapFilter(Filter):
    """Drops texts of the language model whose words are mostly not the response's: it wrote something else.

    A number in digits counts as the response's word for it, or the other way round.
    """

    score = "distortion_overlap"
    reads = ("distortion_overlap",)
    reasons = {"distortion_unrelated": "unrelated"}

    min_overlap: float

    def keep(self, table: pa.Table) -> pa.Array:
        share = pc.fill_null(table["distortion_overlap"], 1.0)
        return pc.greater_equal(share, self.min_overlap).combine_chunks()

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        scores = table["distortion_overlap"].to_pylist()
        return {"score": scores, "threshold": [self.min_overlap] * table.num_rows}
