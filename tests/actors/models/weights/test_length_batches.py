from __future__ import annotations

from actors.models.weights.length_batches import length_batches


def test_batches_fill_the_budget_with_inputs_of_like_length():
    assert length_batches([1, 9, 2, 8], token_budget=18) == [[1, 3], [2, 0]]
    assert length_batches([50, 2], token_budget=10) == [[0], [1]]
    assert length_batches([1, 1, 1], token_budget=9, max_batch=2) == [[0, 1], [2]]
