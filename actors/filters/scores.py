"""Thresholds on the scores of rewritten responses; none runs a model. A row without the score stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import Filter
from actors.filters.limits import limit

CONTRADICTION = 0  # first of nli_similarity


@dataclass
class StsFilter(Filter):
    """Drops a row below `min_sts` (paper B, appendix D: 0.40)."""

    score = "sts_similarity"
    reasons = {"low_similarity": "it says something else than the raw annotation"}

    min_sts: float = limit(0.40, "Lowest similarity of a caption to the raw one")

    reads = ("sts_similarity",)

    def keep(self, table: pa.Table) -> pa.Array:
        # In the column's own precision, or a score of exactly 0.40 would depend on how it is stored.
        limit = pa.scalar(self.min_sts, pa.float32())
        return pc.fill_null(pc.greater_equal(table["sts_similarity"], limit), True).combine_chunks()

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {
            "score": table["sts_similarity"].to_pylist(),
            "threshold": [self.min_sts] * table.num_rows,
            "detail": ["the raw response says something else"] * table.num_rows,
        }


@dataclass
class NliFilter(Filter):
    """Drops a row whose contradiction logit passes both others by more than `margin`.

    With 0, as the authors of paper B had it, these are the rows where contradiction is the largest. The
    score of a drop is the lead of contradiction.
    """

    score = "nli_similarity"
    reasons = {"contradiction": "it contradicts the raw answer"}

    margin: float = limit(
        0.0, "How far contradiction may lead the other two logits", "max_contradiction_lead"
    )

    reads = ("nli_similarity",)

    def keep(self, table: pa.Table) -> pa.Array:
        leads = [contradiction_lead(logits) for logits in table["nli_similarity"].to_pylist()]
        return pa.array([lead is None or lead <= self.margin for lead in leads], pa.bool_())

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        logits = table["nli_similarity"].to_pylist()
        rounded = [[round(logit, 4) for logit in row] for row in logits]
        return {
            "score": [contradiction_lead(row) for row in logits],
            "threshold": [self.margin] * table.num_rows,
            "detail": [f"contradiction, entailment, neutral: {row}" for row in rounded],
        }


def contradiction_lead(logits: Sequence[float] | None) -> float | None:
    """How far the contradiction logit is above the larger of the two others; null without logits."""
    if not logits:
        return None
    return logits[CONTRADICTION] - max(logits[CONTRADICTION + 1 :])
