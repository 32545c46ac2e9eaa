"""Damage to text: never empty, and nothing but the text and the seed decide it."""

from __future__ import annotations

from collections import Counter
from random import Random

from trainers.pocket.noise import SMALL_WORDS, damage, shorten_as_notes, shuffle_words

TEXT = "The red circle is to the left of the blue square. It is large."


def test_damage_leaves_something_and_changes_something() -> None:
    results = [damage(TEXT, Random(seed)) for seed in range(100)]
    assert all(results) and sum(result != TEXT for result in results) > 95
    assert shorten_as_notes(TEXT, Random(0)).split()[0].lower() == "red"


def test_the_seed_alone_decides_the_damage() -> None:
    assert damage(TEXT, Random(5)) == damage(TEXT, Random(5))
    assert len({damage(TEXT, Random(seed)) for seed in range(50)}) > 30


def test_notes_lack_small_words_and_keep_the_others_in_order() -> None:
    for seed in range(10):
        words = shorten_as_notes(TEXT, Random(seed)).lower().split()
        assert words == ["red", "circle", "left", "blue", "square.", "large."]
        assert not SMALL_WORDS & set(words)


def test_shuffled_words_are_the_same_words() -> None:
    assert Counter(shuffle_words(TEXT, Random(1)).split()) == Counter(TEXT.split())
    assert shuffle_words(TEXT, Random(1)) != TEXT
