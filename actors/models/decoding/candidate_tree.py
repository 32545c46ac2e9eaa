"""Candidates that share their first tokens, as a tree that a model reads in one forward."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field

import torch

from actors.models.decoding.tokens import Fitted, shared_length
from actors.models.text_generator import Choice, Generation, softmax

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
    """Node 0 is the end of the prompt; every other node is a prefix that some candidate continues.

    A candidate in `going_on` is the prefix of a candidate in another tree, so it has a node here too.
    """

    def __init__(self, candidates: Candidates, going_on: Container[tuple[int, ...]] = ()) -> None:
        self.candidates = [tuple(candidate) for candidate in candidates]
        self.nodes: dict[tuple[int, ...], int] = {(): 0}
        for candidate in self.candidates:
            for length in range(1, len(candidate) + (candidate in going_on)):
                self.nodes.setdefault(candidate[:length], len(self.nodes))

    def __len__(self) -> int:
        return len(self.nodes)

    @property
    def tokens(self) -> list[int]:
        """Token of every node but the first."""
        return [beginning[-1] for beginning in self.nodes if beginning]

    @property
    def depths(self) -> list[int]:
        """Number of tokens from the end of the prompt to each node."""
        return [len(beginning) for beginning in self.nodes]

    def visible(self) -> torch.Tensor:
        """`[nodes, nodes]`, True where the column is the row's ancestor or the row itself."""
        visible = torch.eye(len(self), dtype=torch.bool)
        for beginning, node in self.nodes.items():
            if beginning:
                visible[node] |= visible[self.nodes[beginning[:-1]]]
        return visible

    def parts(self, limit: int) -> list[tuple[list[int], CandidateTree]]:
        """Trees of at most `limit` nodes (or one candidate), each with its candidates' indices here."""
        if len(self) <= limit:
            return [(list(range(len(self.candidates))), self)]
        groups: list[list[int]] = [[]]
        nodes = 1
        before: tuple[int, ...] = ()
        for place in sorted(range(len(self.candidates)), key=self.candidates.__getitem__):
            candidate = self.candidates[place]
            length = len(candidate) - (candidate not in self.nodes)
            if groups[-1] and nodes + length - shared_length([before, candidate]) > limit:
                groups.append([])
                nodes, before = 1, ()
            groups[-1].append(place)
            nodes += max(0, length - shared_length([before, candidate]))
            before = candidate
        return [(group, CandidateTree([self.candidates[i] for i in group], self.nodes)) for group in groups]

    def read_scores(self, logits: torch.Tensor, end_tokens: Sequence[int]) -> CandidateScores:
        """Scores from the logits `[nodes, vocabulary]` that follow every node."""
        logits = logits.float()
        normaliser = logits.logsumexp(-1)
        steps = [(self.nodes[c[:j]], c[j]) for c in self.candidates for j in range(len(c))]
        nodes, tokens = (torch.tensor(column, device=logits.device) for column in zip(*steps, strict=True))
        token_scores = iter((logits[nodes, tokens] - normaliser[nodes]).tolist())
        scores = CandidateScores()
        for candidate in self.candidates:
            scores.tokens.append([next(token_scores) for _ in candidate])
            scores.ends.append(None)
            if candidate in self.nodes and end_tokens:
                node = self.nodes[candidate]
                scores.ends[-1] = float(logits[node, list(end_tokens)].max() - normaliser[node])
        return scores


def join_scores(parts: Iterable[tuple[Sequence[int], CandidateScores]]) -> CandidateScores:
    """The scores of a whole tree from those of its parts, each with its candidates' places in the whole."""
    by_place = {
        place: (tokens, end)
        for places, scores in parts
        for place, tokens, end in zip(places, scores.tokens, scores.ends, strict=True)
    }
    rows = [by_place[place] for place in sorted(by_place)]
    return CandidateScores([tokens for tokens, _ in rows], [end for _, end in rows])


def greedy_choice(candidates: Candidates, scores: CandidateScores) -> int:
    """Index of the candidate that greedy decoding spells when nothing else is allowed.

    At every step the likeliest token is taken among those with which a remaining candidate goes on; a
    candidate that is complete while others go on competes with the probability of an end token. Of equal
    options the earlier candidate's wins.
    """
    alive = list(range(len(candidates)))
    depth = 0
    while True:
        complete = [index for index in alive if len(candidates[index]) == depth]
        going = [index for index in alive if len(candidates[index]) > depth]
        if not going:
            return complete[0]
        best = max(going, key=lambda index: scores.tokens[index][depth])
        if complete:
            end = scores.ends[complete[0]]
            if end is None or end >= scores.tokens[best][depth]:
                return complete[0]
        token = candidates[best][depth]
        alive = [index for index in going if candidates[index][depth] == token]
        depth += 1


@dataclass(frozen=True)
class ScoredPrompt:
    """A prompt that the model read as `prompt_tokens` tokens, its candidates, and their scores."""

    fit: Fitted
    prompt_tokens: int
    candidates: Candidates
    scores: CandidateScores

    def choice(self) -> Choice:
        """The scores of all candidates."""
        lengths = tuple(map(len, self.candidates))
        return Choice(self.scores.totals(), lengths, self.prompt_tokens, self.fit.cut_tokens)

    def greedy(self, choices: Sequence[str]) -> Generation:
        """The candidate of `greedy_choice`, whose text is the one of `choices` in its place."""
        best = greedy_choice(self.candidates, self.scores)
        totals = self.scores.totals()
        return Generation(
            choices[best],
            "stop",
            self.prompt_tokens,
            len(self.candidates[best]),
            logprob=totals[best],
            cut_tokens=self.fit.cut_tokens,
            share=softmax(totals)[best],
        )
