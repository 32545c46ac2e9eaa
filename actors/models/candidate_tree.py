"""Token paths as a tree: every beginning that paths share is scored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Beginning = tuple[int, ...]


def branches(paths: Sequence[Sequence[int]]) -> dict[Beginning, list[int]]:
    """Beginning of a path -> the tokens that paths have next; the empty beginning comes first."""
    nodes: dict[Beginning, list[int]] = {}
    for path in paths:
        for depth, token in enumerate(path):
            following = nodes.setdefault(tuple(path[:depth]), [])
            if token not in following:
                following.append(token)
    return nodes


def path_scores(
    paths: Sequence[Sequence[int]], nodes: Mapping[Beginning, Mapping[int, float]]
) -> list[list[float]]:
    """`[i][t]` = score of token t of path i behind the tokens before it."""
    return [[nodes[tuple(path[:depth])][token] for depth, token in enumerate(path)] for path in paths]
