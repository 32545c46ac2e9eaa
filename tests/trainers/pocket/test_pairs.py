"""The judges' pairs: nothing but the meaning tells the classes apart."""

from __future__ import annotations

from collections import Counter
from random import Random

from trainers.pocket.judges import nli_pairs
from trainers.pocket.pairs import HARD, length_matched, preference
from trainers.pocket.scenes import scenes


def test_every_hypothesis_comes_with_all_three_classes() -> None:
    pairs = nli_pairs("train", 200, Random(0))
    labels: dict[str, Counter[int]] = {}
    for item in pairs:
        labels.setdefault(item.hypothesis, Counter())[item.label] += 1
    assert len(pairs) > 400 and all(
        len(set(counts.values())) == 1 and len(counts) == 3 for counts in labels.values()
    )


def test_classes_share_their_words() -> None:
    words: list[set[str]] = [set(), set(), set()]
    for item in nli_pairs("train", 500, Random(0)):
        words[item.label] |= {word.strip('".,?:!').lower() for word in item.premise.split()}
    for label in range(3):
        others = set().union(*(found for i, found in enumerate(words) if i != label))
        assert len(words[label] - others) < 0.05 * len(words[label])


def test_hard_negatives_are_as_long_as_the_polite_answer_and_say_so() -> None:
    drawn = scenes("train", 200)
    pairs = [preference(scene, Random(i), HARD[i % len(HARD)]) for i, scene in enumerate(drawn)]
    assert sum(length_matched(pair) for pair in pairs) / len(pairs) > 0.95
    assert all(pair.polite != pair.other for pair in pairs)
