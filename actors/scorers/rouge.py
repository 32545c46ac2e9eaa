"""Rouge-L between the rewritten and the raw response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Annotator
from actors.filters.rewritten_text import Cells, both_texts


@dataclass
class RougeScorer(Annotator):
    """`rouge_score`, 0 to 1: Google's Rouge-L F-measure with stemming, before any paragraph is removed."""

    reads = ("response", "response_original")
    writes = {"rouge_score": pa.float64()}

    def load(self) -> None:
        from rouge_score.rouge_scorer import RougeScorer as Rouge

        self.rouge = Rouge(["rougeL"], use_stemmer=True)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        texts, bad = both_texts(table, range(table.num_rows))
        scores: Cells = [bad.get(i) for i in range(table.num_rows)]
        for i, (new, old) in texts.items():
            scores[i] = self.rouge.score(old, new)["rougeL"].fmeasure
        return {"rouge_score": scores}
