"""Model batches of inputs of like length, so that little of them is padding."""

from __future__ import annotations

from collections.abc import Sequence

TOKENS_PER_BATCH = 16_384
LARGEST_BATCH = 256


def length_batches(
    lengths: Sequence[int], *, token_budget: int = TOKENS_PER_BATCH, max_batch: int = LARGEST_BATCH
) -> list[list[int]]:
    """Groups of indices of at most `token_budget` padded tokens each, the longest first.

    A single input above the budget is a group of its own.
    """
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    groups: list[list[int]] = []
    for i in order:
        last = groups[-1] if groups else None
        if last and len(last) < max_batch and lengths[last[0]] * (len(last) + 1) <= token_budget:
            last.append(i)
        else:
            groups.append([i])
    return groups
