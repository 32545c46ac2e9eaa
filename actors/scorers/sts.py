"""Semantic similarity of the rewritten and the raw response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Annotator
from actors.filters.rewritten_text import CAPTIONING, Cells, both_texts, rows_of_tasks
from actors.models.weights.checkpoint_check import check_model


@dataclass
class StsScorer(Annotator):
    """`sts_similarity`, -1 to 1: the cosine of two sentence embeddings; null for tasks not in `tasks`."""

    model: str
    tasks: tuple[str, ...] = CAPTIONING

    reads = ("task", "response", "response_original")
    writes = {"sts_similarity": pa.float32()}

    def check(self) -> None:
        check_model(self.model)

    def load(self) -> None:
        from actors.models.judges.sts import StsModel

        self.sts = StsModel(self.model)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        texts, bad = both_texts(table, rows_of_tasks(table, self.tasks))
        scores: Cells = [bad.get(i) for i in range(table.num_rows)]
        embedded = self.sts.embed([text for pair in texts.values() for text in pair])
        for number, i in enumerate(texts):
            scores[i] = float(embedded[2 * number] @ embedded[2 * number + 1])
        return {"sts_similarity": scores}
