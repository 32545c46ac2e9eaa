"""The judges' pairs: nothing but the meaning tells the classes apart."""

from __future__ import annotations

from collections import Counter
from random import Random

from actors.prompts.rewriting import DRAFT
from trainers.pocket.judges import judged
from trainers.pocket.noise import damaged, telegraphic
from trainers.pocket.pairs import HARD, length_matched, preference
from trainers.pocket.scenes import scenes
from trainers.pocket.words import written


def test_every_hypothesis_comes_with_all_three_classes() -> None:
    pairs = judged("train", 200, Random(0))
    labels: dict[str, Counter[int]] = {}
    for item in pairs:
        labels.setdefault(item.hypothesis, Counter())[item.label] += 1
    assert len(pairs) > 400 and all(
        len(set(counts.values())) == 1 and len(counts) == 3 for counts in labels.values()
    )


def test_classes_share_their_words() -> None:
    words: list[set[str]] = [set(), set(), set()]
    for item in judged("train", 500, Random(0)):
        words[item.label] |= {word.strip('".,?:!').lower() for word in item.premise.split()}
    for label in range(3):
        others = set().union(*(found for i, found in enumerate(words) if i != label))
        assert len(words[label] - others) < 0.05 * len(words[label])


def test_hard_negatives_are_as_long_as_the_polite_answer_and_say_so() -> None:
    drawn = scenes("train", 200)
    pairs = [preference(scene, Random(i), HARD[i % len(HARD)]) for i, scene in enumerate(drawn)]
    assert sum(length_matched(pair) for pair in pairs) / len(pairs) > 0.95
    assert all(pair.polite != pair.other for pair in pairs)


def test_damage_leaves_something_and_changes_something() -> None:
    text = "The red circle is to the left of the blue square. It is large."
    results = [damaged(text, Random(seed)) for seed in range(100)]
    assert all(results) and sum(result != text for result in results) > 95
    assert telegraphic(text, Random(0)).split()[0].lower() == "red"


def test_the_rewriting_prompt_is_no_training_text() -> None:
    rng = Random(0)
    assert not any(DRAFT in written(scene, rng).prompt for scene in scenes("train", 300))
