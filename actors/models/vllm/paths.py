"""Candidates as a tree of tokens, scored one node at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

Beginning = tuple[int, ...]
NodeScores = Mapping[Beginning, Mapping[int, float]]


def branches(candidates: Sequence[Sequence[int]], end_tokens: Collection[int]) -> dict[Beginning, list[int]]:
    """Beginning of a candidate -> the tokens to score behind it: those that candidates have next, and
    the end tokens where a candidate is complete while others go on."""
    nodes: dict[Beginning, list[int]] = {}
    for candidate in candidates:
        for depth, token in enumerate(candidate):
            following = nodes.setdefault(tuple(candidate[:depth]), [])
            if token not in following:
                following.append(token)
    for complete in {tuple(candidate) for candidate in candidates} & set(nodes):
        nodes[complete] += [token for token in sorted(end_tokens) if token not in nodes[complete]]
    return nodes


def totals(candidates: Sequence[Sequence[int]], scores: NodeScores) -> tuple[float, ...]:
    """Summed log-probability of every candidate, its end not counted."""
    return tuple(
        sum(scores[tuple(candidate[:depth])][token] for depth, token in enumerate(candidate))
        for candidate in candidates
    )


def greedy_candidate(
    candidates: Sequence[Sequence[int]], scores: NodeScores, end_tokens: Collection[int]
) -> int:
    """Index of the candidate that greedy decoding spells when nothing else is allowed."""
    paths = [tuple(candidate) for candidate in candidates]
    path: Beginning = ()
    while path in scores:
        options = scores[path]
        token = max(options, key=lambda option: options[option])
        if token in end_tokens and path in paths:
            break
        path = (*path, token)
    return paths.index(path)
