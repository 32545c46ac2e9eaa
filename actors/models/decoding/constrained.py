"""Greedy decoding that can only spell one of the candidates."""

from __future__ import annotations

from actors.models.decoding.candidate_tree import Candidates, CandidateScores


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
