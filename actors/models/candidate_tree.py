"""Candidates that share their first tokens, as a tree that a model reads in one forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch

Candidates = Sequence[Sequence[int]]


@dataclass
class CandidateScores:
    """`tokens[i][j]`: natural-log probability of token j of candidate i after the prompt and the tokens
    before it; `ends[i]`: that of the likeliest end token right after candidate i, None where no other
    candidate goes on from there."""

    tokens: list[list[float]] = field(default_factory=list)
    ends: list[float | None] = field(default_factory=list)

    def totals(self) -> tuple[float, ...]:
        """Summed log-probability of every candidate, its end not counted."""
        return tuple(sum(scores) for scores in self.tokens)


class CandidateTree:
    """Node 0 is the end of the prompt; the other nodes are the beginnings of candidates that go on."""

    def __init__(self, candidates: Candidates) -> None:
        self.candidates = [tuple(candidate) for candidate in candidates]
        self.nodes: dict[tuple[int, ...], int] = {(): 0}
        for candidate in self.candidates:
            for length in range(1, len(candidate)):
                self.nodes.setdefault(candidate[:length], len(self.nodes))

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def tokens(self) -> list[int]:
        """Token of every node but the first."""
        return [beginning[-1] for beginning in self.nodes if beginning]

    @property
    def depths(self) -> list[int]:
        """How many tokens after the end of the prompt each node stands."""
        return [len(beginning) for beginning in self.nodes]

    def visible(self) -> torch.Tensor:
        """`[nodes, nodes]`, True where the column is the row's ancestor or the row itself."""
        seen = torch.eye(len(self), dtype=torch.bool)
        for beginning, node in self.nodes.items():
            if beginning:
                seen[node] |= seen[self.nodes[beginning[:-1]]]
        return seen

    def read_scores(self, logits: torch.Tensor, end_tokens: Sequence[int]) -> CandidateScores:
        """Scores from the logits `[nodes, vocabulary]` that follow every node."""
        logits = logits.float()
        normaliser = logits.logsumexp(-1)
        steps = [(self.nodes[c[:j]], c[j]) for c in self.candidates for j in range(len(c))]
        nodes, tokens = (torch.tensor(column, device=logits.device) for column in zip(*steps, strict=True))
        found = iter((logits[nodes, tokens] - normaliser[nodes]).tolist())
        scores = CandidateScores()
        for candidate in self.candidates:
            scores.tokens.append([next(found) for _ in candidate])
            scores.ends.append(None)
            if candidate in self.nodes and end_tokens:
                node = self.nodes[candidate]
                scores.ends[-1] = float(logits[node, list(end_tokens)].max() - normaliser[node])
        return scores
