"""Polite references say the facts of the scene in whole sentences."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.sources.scenes.polite import polite_answer, polite_caption, polite_change, say
from pipelines.sources.scenes.questions import Question
from pipelines.sources.scenes.world import Scene, Shape

RED, CROSS = Shape("red", "circle", "large", 0), Shape("blue", "cross", "small", 8)
SCENE = Scene((RED, CROSS), "mint", number=42, number_place=4)
COLOUR = Question(
    "colour", "What color is the cross?", "blue", "the cross is blue", "it is painted blue",
    {"red": "the cross is red"},
)  # fmt: skip
THERE = Question(
    "yes_no", "Is there a ring?", "no", "there is no ring", "the picture shows a cross",
    {"yes": "there is a ring"},
)  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_a_description_names_every_shape_the_ground_and_the_number(seed: int) -> None:
    first, second = polite_caption(SCENE, Random(seed), paragraphs=2).split("\n\n")
    assert all(word in first for word in ("red circle", "blue cross", "mint", "42"))
    assert "two shapes" in second and ("red circle" in second or "blue cross" in second)
    assert polite_caption(SCENE, Random(seed), paragraphs=1) == first


@pytest.mark.parametrize("seed", range(5))
def test_an_answer_states_the_truth_or_the_wrong_answer_that_was_given(seed: int) -> None:
    assert "the cross is blue" in polite_answer(COLOUR, Random(seed)).lower()
    assert "the cross is red" in polite_answer(COLOUR, Random(seed), answer="red").lower()
    assert polite_answer(THERE, Random(seed)).startswith("No, ")
    assert polite_answer(THERE, Random(seed), answer="yes").startswith("Yes, ")
    assert "it is painted blue" in polite_answer(COLOUR, Random(seed), reason=True).lower()


def test_a_change_says_what_was_and_what_is() -> None:
    green = Shape("green", "circle", "large", 0)
    told = polite_change("recoloured", SCENE, green, Random(0))
    assert "the red circle in the top left corner has turned green" in told
    assert "a green circle has been added" in polite_change("added", SCENE, green, Random(0))
    assert "has been removed" in polite_change("removed", SCENE, RED, Random(0))


def test_a_sentence_begins_with_a_large_letter() -> None:
    assert say(("{0} and {1}.",), Random(0), "a ring", "NASA") == "A ring and NASA."
