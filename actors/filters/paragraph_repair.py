"""Taking hallucinated paragraphs out of a response, so that the row is repaired rather than lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Annotator, BadRow, Filter, Reason, Rewriter
from actors.columns import SCORED_TEXTS
from actors.filters.limits import limit
from actors.filters.rewritten_text import PARAGRAPH_BREAK, paragraphs_of

WRONG_SCORES = Reason("wrong_scores", "the scores belong to another response")


@dataclass
class LowParagraphs(Annotator):
    """`filtered_paragraphs`: score and text of every paragraph below `min_score`, and the whole response
    as it was in `response_unrepaired` where there is one.

    `scores` is the column with a score per paragraph. A response of one paragraph is left alone, as the
    authors of paper B did, unless `judge_single`.
    """

    min_score: float = 17.0  # paper B, appendix D
    scores: str = "paragraph_clip_scores"
    judge_single: bool = False

    @property
    def reads(self) -> tuple[str, ...]:
        return ("response", self.scores)

    writes = {"filtered_paragraphs": SCORED_TEXTS, "response_unrepaired": "string"}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        responses = table["response"].to_pylist()
        low = [self._low(r, s) for r, s in zip(responses, table[self.scores].to_pylist(), strict=True)]
        whole = [r if isinstance(cut, list) and cut else None for r, cut in zip(responses, low, strict=True)]
        return {"filtered_paragraphs": low, "response_unrepaired": whole}

    def _low(self, response: str | None, scores: list[float] | None) -> list[dict[str, Any]] | BadRow | None:
        if scores is None:
            return None
        paragraphs = paragraphs_of(response or "")
        if len(paragraphs) != len(scores):
            words = f"{len(scores)} scores in {self.scores} for {len(paragraphs)} paragraphs"
            return BadRow(WRONG_SCORES, f"{words}; the response is not the one that was scored")
        if len(scores) == 1 and not self.judge_single:
            return []
        limit = pa.scalar(self.min_score, pa.float32()).as_py()
        pairs = zip(scores, paragraphs, strict=True)
        return [{"score": score, "text": text} for score, text in pairs if score < limit]


@dataclass
class ParagraphRepair(Rewriter):
    """The response without its `filtered_paragraphs`; the whole one is in `response_unrepaired` already."""

    reads = ("response", "filtered_paragraphs", "response_unrepaired")
    column = "response"
    keeps = None

    def rewrite(self, table: pa.Table) -> Sequence[str | BadRow]:
        rows = zip(table["response"].to_pylist(), table["filtered_paragraphs"].to_pylist(), strict=True)
        return [remove_paragraphs(text, filtered) if filtered else text for text, filtered in rows]


@dataclass
class ParagraphFilter(Filter):
    """Drops a row that lost every paragraph; the score is that of its best one."""

    score = "filtered_paragraphs"
    reads = ("response", "filtered_paragraphs")
    reasons = {"no_paragraph_left": "no paragraph fits the picture"}

    min_score: float = limit(17.0, "Lowest CLIPScore of a paragraph, 100 x cosine", "min_clip_score")

    def keep(self, table: pa.Table) -> pa.Array:
        rows = zip(table["response"].to_pylist(), table["filtered_paragraphs"].to_pylist(), strict=True)
        return pa.array([bool(response) or not filtered for response, filtered in rows], pa.bool_())

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        lost = table["filtered_paragraphs"].to_pylist()
        return {
            "score": [max(paragraph["score"] for paragraph in row) for row in lost],
            "threshold": [self.min_score] * table.num_rows,
            "detail": [f"all {len(row)} paragraphs are below the limit" for row in lost],
        }


def remove_paragraphs(response: str, filtered: Sequence[Mapping[str, Any]]) -> str:
    """The response with each of the filtered paragraphs taken out once."""
    gone = [paragraph["text"] for paragraph in filtered]
    remaining = []
    for paragraph in paragraphs_of(response):
        gone.remove(paragraph) if paragraph in gone else remaining.append(paragraph)
    return PARAGRAPH_BREAK.join(remaining)
