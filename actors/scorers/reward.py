"""Scores of how much people would like a rewritten response, and the raw one behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from actors.base import Annotator, BadRow, Columns
from actors.filters.rewritten_text import MISSING_RESPONSE, Cells, question_of
from actors.models.weights.checkpoint_check import check_model


@dataclass
class RewardScorer(Annotator):
    """`reward` of the response as it was rewritten, paragraphs and all, and `reward_original` of the raw one.

    Logits without a fixed range, more is better. With `raw=False` the raw response is not scored and
    `reward_original` is left out.
    """

    model: str
    raw: bool = True

    @property
    def reads(self) -> tuple[str, ...]:
        return ("instruction", "response", *(["response_original"] if self.raw else []))

    @property
    def writes(self) -> Columns:
        return {column: "float" for _, column in self._columns()}

    def check(self) -> None:
        check_model(self.model)

    def load(self) -> None:
        from actors.models.judges.pair_classifier import RewardModel

        self.rewards = RewardModel(self.model)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        questions = [question_of(instruction) for instruction in table["instruction"].to_pylist()]
        scores: dict[str, Cells] = {}
        for column, score in self._columns():
            answers = table[column].to_pylist()
            pairs = [(q, answer) for q, answer in zip(questions, answers, strict=True) if answer is not None]
            rewards = iter(self.rewards.score(pairs).tolist())
            missing = BadRow(MISSING_RESPONSE, f"{column} is null")
            scores[score] = [missing if answer is None else next(rewards) for answer in answers]
        return scores

    def _columns(self) -> list[tuple[str, str]]:
        both = [("response", "reward"), ("response_original", "reward_original")]
        return both if self.raw else both[:1]
