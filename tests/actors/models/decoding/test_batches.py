from __future__ import annotations

import pytest
import torch

from actors.models.decoding.batches import halve_until_it_fits, in_batches
from actors.models.decoding.rows import DecodeRow


def rows(*lengths: int) -> list[DecodeRow]:
    return [DecodeRow(str(place), 0, [7] * length) for place, length in enumerate(lengths)]


class Memory:
    """Work that takes `most` rows at a time, and notes what it was given."""

    def __init__(self, most: int) -> None:
        self.most, self.batches = most, list[list[int]]()

    def __call__(self, batch: list[int]) -> list[str]:
        self.batches.append(batch)
        if len(batch) > self.most:
            raise torch.OutOfMemoryError("too many rows")
        return [f"row {row}" for row in batch]


def test_rows_go_longest_first_and_come_back_in_order() -> None:
    work = Memory(9)
    results = in_batches(rows(2, 9, 3, 5), work, token_budget=10, max_batch=3)
    assert results == ["row 0", "row 1", "row 2", "row 3"]
    assert work.batches == [[1], [3, 2], [0]]


def test_a_row_above_the_budget_is_a_batch_of_its_own() -> None:
    work = Memory(9)
    in_batches(rows(50, 40), work, token_budget=10, max_batch=3)
    assert work.batches == [[0], [1]]


def test_a_batch_that_does_not_fit_is_halved_and_stays_so() -> None:
    work = Memory(2)
    assert len(in_batches(rows(4, 4, 4, 4, 4, 4, 4), work, token_budget=100, max_batch=5)) == 7
    assert work.batches == [[0, 1, 2, 3, 4], [0, 1], [2, 3], [4, 5], [6]]


def test_only_what_can_be_read_together_is_given() -> None:
    work = Memory(9)
    in_batches(rows(4, 4, 4), work, token_budget=100, max_batch=5, readable=lambda batch: min(2, len(batch)))
    assert work.batches == [[0, 1], [2]]


def test_one_row_that_does_not_fit_is_an_error() -> None:
    work = Memory(0)
    with pytest.raises(torch.OutOfMemoryError):
        in_batches(rows(4, 4), work, token_budget=100, max_batch=2)
    assert work.batches == [[0, 1], [0]]


def test_the_size_that_worked_comes_back() -> None:
    def work(size: int) -> int:
        if size > 3:
            raise torch.OutOfMemoryError
        return 10 * size

    assert halve_until_it_fits(work, 13) == (30, 3)
    assert halve_until_it_fits(work, 2) == (20, 2)
