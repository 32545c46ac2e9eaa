"""Model batches that a GPU's memory holds: each is halved until it does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import torch

from actors.models.decoding.rows import DecodeRow

logger = logging.getLogger(__name__)

T = TypeVar("T")


def halve_until_it_fits(work: Callable[[int], T], size: int) -> tuple[T, int]:
    """The result of `work(size)`, and the size, halved each time that a GPU runs out of memory.

    Raises:
        torch.OutOfMemoryError: not even one row fits.
    """
    while True:
        try:
            return work(size), size
        except torch.OutOfMemoryError:
            if size == 1:
                raise
            size //= 2
            logger.warning("out of GPU memory: going on with batches of %d", size)
        torch.cuda.empty_cache()  # out here, where the error no longer holds the tensors of the batch


def in_batches(
    rows: Sequence[DecodeRow],
    work: Callable[[list[int]], list[T]],
    *,
    token_budget: int,
    max_batch: int,
    readable: Callable[[list[int]], int] = len,
) -> list[T]:
    """`work` over the numbers of rows of similar length, longest first; its results in the order of `rows`.

    `token_budget` bounds rows x longest row of a batch, `max_batch` its rows; `readable` says how many of
    the first rows of a batch can be read together.
    """
    waiting = sorted(range(len(rows)), key=lambda row: -rows[row].length)
    results: dict[int, T] = {}
    while waiting:
        batch = waiting[: max(1, min(max_batch, token_budget // rows[waiting[0]].length))]
        most = readable(batch)
        answers, size = halve_until_it_fits(partial(_first, work, batch), most)
        if size < most:
            max_batch = size
        results.update(zip(batch[:size], answers, strict=True))
        waiting = waiting[size:]
    return [results[row] for row in range(len(rows))]


def _first(work: Callable[[list[int]], list[T]], batch: list[int], size: int) -> list[T]:
    return work(batch[:size])
