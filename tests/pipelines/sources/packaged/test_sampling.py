from __future__ import annotations

import random
from collections import Counter

import pytest

from pipelines.sources.packaged.sampling import PackagedSet, check_limit, hash_split, seeded_order

WORDS = [f"{group}{number}" for group in "aaab" for number in range(25)]
KEYS = sorted({*WORDS, *[f"a{number}" for number in range(25, 75)]})


def order(items: list[str], seed: int = 0) -> list[str]:
    return seeded_order(items, key=str, seed=seed)


def test_the_order_does_not_depend_on_the_order_of_the_file() -> None:
    shuffled = random.Random(1).sample(KEYS, len(KEYS))
    assert order(shuffled) == order(KEYS)
    assert order(KEYS) != KEYS


def test_another_seed_gives_another_order_of_the_same_items() -> None:
    assert order(KEYS, seed=1) != order(KEYS)
    assert sorted(order(KEYS, seed=1)) == KEYS


def test_removing_an_item_does_not_move_the_others() -> None:
    assert order(KEYS[1:]) == [key for key in order(KEYS) if key != KEYS[0]]


@pytest.mark.parametrize("length", [2, 9, 30])
def test_with_groups_every_prefix_is_balanced(length: int) -> None:
    first = seeded_order(KEYS, key=str, seed=0, group=lambda key: key[0])[:length]
    counts = Counter(key[0] for key in first)
    assert abs(counts["a"] - counts["b"]) <= 1


def test_a_small_group_is_exhausted_and_nothing_is_lost() -> None:
    ordered = seeded_order(KEYS, key=str, seed=0, group=lambda key: key[0])
    assert sorted(ordered) == KEYS
    assert {key[0] for key in ordered[50:]} == {"a"}


def test_a_fifth_of_the_texts_is_for_testing() -> None:
    shares = Counter(hash_split(f"message number {number}") for number in range(5000))
    assert 0.18 < shares["test"] / 5000 < 0.22


def test_the_same_words_are_on_one_side_in_any_case_and_spacing() -> None:
    for number in range(200):
        assert hash_split(f"Call  me {number}\n") == hash_split(f"call me {number}")


def test_a_limit_below_one_is_refused() -> None:
    check_limit(1)
    with pytest.raises(ValueError, match="limit is 0; expected at least 1"):
        check_limit(0)


def test_an_unknown_split_is_refused() -> None:
    with pytest.raises(ValueError, match="'dev'; expected 'train' or 'test'"):
        PackagedSet(split="dev").check()
