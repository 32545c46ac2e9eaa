"""A decoder-only language model as a decoder of prompts given as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.models.decoding.candidate_tree import Candidates, CandidateScores
from actors.models.decoding.loop import decode
from actors.models.decoding.ranking import score_candidates
from actors.models.decoding.rows import Decoded, DecodeRow
from actors.models.decoding.stopping import Stopping
from actors.models.text_generator import GenerationParams


class EmbeddedCausal:
    """`token_budget` bounds rows x longest prompt of a model batch, `max_batch` its rows."""

    def __init__(self, model: Any, *, token_budget: int, max_batch: int) -> None:
        self.model = model
        self.limits: dict[str, Any] = {"token_budget": token_budget, "max_batch": max_batch}

    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """What the model writes for every row; each draws from its own stream."""
        return decode(self.model, rows, params, stopping=stopping, **self.limits)

    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        """Scores of `candidates[i]` after row i; each prompt read once."""
        return score_candidates(self.model, rows, candidates, end_tokens=end_tokens, **self.limits)


__all__ = ["EmbeddedCausal"]
