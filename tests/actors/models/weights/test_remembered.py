from __future__ import annotations

import torch

from actors.models.weights.remembered import Remembered


def counting(most: int = 3) -> tuple[Remembered[str], list[list[str]]]:
    asked: list[list[str]] = []

    def lengths(texts: list[str]) -> torch.Tensor:
        asked.append(texts)
        return torch.tensor([[float(len(text))] for text in texts])

    return Remembered(lengths, most=most), asked


def test_each_input_is_computed_once_and_answers_keep_their_order():
    remembered, asked = counting()
    assert remembered(["bb", "a", "bb"]).tolist() == [[2.0], [1.0], [2.0]]
    assert remembered(["ccc", "a"]).tolist() == [[3.0], [1.0]]
    assert remembered(["a"]).tolist() == [[1.0]]
    assert asked == [["bb", "a"], ["ccc"]]


def test_what_was_not_asked_for_the_longest_is_forgotten_first():
    remembered, asked = counting(most=2)
    for texts in (["a"], ["bb"], ["a"], ["ccc"], ["a"], ["bb"]):
        remembered(texts)
    assert asked == [["a"], ["bb"], ["ccc"], ["bb"]]


def test_more_inputs_than_are_kept_are_all_answered():
    remembered, _ = counting(most=2)
    assert remembered(["a", "bb", "ccc", "dddd"]).flatten().tolist() == [1.0, 2.0, 3.0, 4.0]
    assert len(remembered.kept) == 2


def test_a_key_may_stand_for_the_input():
    remembered, asked = counting()
    remembered.key = str.lower
    assert remembered(["Yes", "yes"]).tolist() == [[3.0], [3.0]]
    assert len(asked) == len(asked[0]) == 1
    assert list(remembered.kept) == ["yes"]
