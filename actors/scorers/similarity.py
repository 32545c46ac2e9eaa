"""Similarity of the rewritten and the raw response: Rouge-L, sentence embeddings, inference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Annotator
from actors.filters.rewritten_text import ANSWERING, CAPTIONING, Cells, both_texts, question_of, rows_of_tasks
from actors.models.weights.checkpoint_check import check_model


@dataclass
class RougeScorer(Annotator):
    """`rouge_score`, 0 to 1: Rouge-L's F-measure, before any paragraph is removed; Google's with stemming in
    English, and in other scripts by their own words."""

    reads = ("response", "response_original")
    writes = {"rouge_score": "double"}

    def load(self) -> None:
        from actors.scorers.rouge import load_rouge

        self.rouge = load_rouge()

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        from actors.scorers.rouge import rouge_l

        texts, bad = both_texts(table, range(table.num_rows))
        scores: Cells = [bad.get(i) for i in range(table.num_rows)]
        for i, (new, old) in texts.items():
            scores[i] = rouge_l(old, new, self.rouge)
        return {"rouge_score": scores}


@dataclass
class StsScorer(Annotator):
    """`sts_similarity`, -1 to 1: the cosine of two sentence embeddings; null for tasks not in `tasks`."""

    model: str
    tasks: tuple[str, ...] = CAPTIONING

    reads = ("task", "response", "response_original")
    writes = {"sts_similarity": "float"}

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


@dataclass
class NliScorer(Annotator):
    """`nli_similarity`: logits of contradiction, entailment, neutral; null for tasks not in `tasks`.

    The rewritten answer is the premise and the raw one the hypothesis, both wrapped as in paper B,
    appendix F.
    """

    model: str
    tasks: tuple[str, ...] = ANSWERING

    reads = ("task", "instruction", "response", "response_original")
    writes = {"nli_similarity": "list<item: float>"}

    def check(self) -> None:
        check_model(self.model)

    def load(self) -> None:
        from actors.models.judges.pair_classifier import NliModel

        self.nli = NliModel(self.model)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        texts, bad = both_texts(table, rows_of_tasks(table, self.tasks))
        instructions = table["instruction"].to_pylist()
        scores: Cells = [bad.get(i) for i in range(table.num_rows)]
        pairs = [nli_pair(question_of(instructions[i]), new, old) for i, (new, old) in texts.items()]
        for i, logits in zip(texts, self.nli.logits(pairs).tolist(), strict=True):
            scores[i] = logits
        return {"nli_similarity": scores}


def nli_pair(question: str, new: str, old: str) -> tuple[str, str]:
    """Premise and hypothesis for two answers to one question."""
    template = '"{}" is the answer to the question: "{}"'
    return template.format(new, question), template.format(old, question)
