"""Terse annotations of a scene: what they name, and how each style writes it."""

from __future__ import annotations

from random import Random

import pytest

from pipelines.sources.scenes.captions import (
    box_lines,
    enumeration,
    five_captions,
    plural,
    region_phrase,
    relation,
    terse_caption,
    terse_change,
    with_count,
)
from pipelines.sources.scenes.world import Scene, Shape

RED, TWIN = Shape("red", "circle", "large", 0), Shape("red", "circle", "small", 2)
CROSS = Shape("blue", "cross", "small", 8)
SCENE = Scene((RED, TWIN, CROSS), "mint", number=42, number_place=4)


def test_words_follow_their_number() -> None:
    assert [plural("red cross", 2), plural("ring", 1), with_count("red cross", 1), with_count("ring", 3)] == [
        "red crosses", "ring", "a red cross", "three rings",
    ]  # fmt: skip
    assert [enumeration(list(parts)) for parts in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]


def test_places_are_told_by_columns_first() -> None:
    assert relation(RED, CROSS) == "to the left of" and relation(CROSS, RED) == "to the right of"
    below = Shape("red", "ring", "small", 6)
    assert relation(RED, below) == "above" and relation(below, RED) == "below"
    assert region_phrase(CROSS) == "small blue cross bottom right"


def test_the_first_of_five_captions_names_every_shape_and_the_fourth_the_number() -> None:
    captions = [caption.lower() for caption in five_captions(SCENE, Random(0))]
    assert len(captions) == 5
    assert "two red circles and a blue cross on a mint background" in captions[0]
    assert "there are three shapes on mint and the number 42" in captions[3]


def test_every_style_writes_what_its_set_would() -> None:
    captions, lines = ["one", "two"], box_lines(SCENE, 64)
    assert len(lines) == 3 and lines[2].startswith("blue cross: [0.")
    assert terse_caption(SCENE, captions, "captions", 64) == "one\ntwo"
    assert terse_caption(SCENE, captions, "caption", 64) == "one"
    assert terse_caption(SCENE, captions, "alt_text", 64) == "Red circles, blue cross."
    assert terse_caption(SCENE, captions, "captions_boxes", 64).endswith("\n".join(lines))
    assert terse_caption(SCENE, captions, "count_boxes", 64).startswith(
        "Object Count: {'circle': 2, 'cross': 1}\n"
    )
    with pytest.raises(ValueError, match="caption style 'rude'"):
        terse_caption(SCENE, captions, "rude", 64)


def test_a_change_names_what_was_there_before() -> None:
    green = Shape("green", "circle", "large", 0)
    assert terse_change("recoloured", SCENE, green) == "the red circle is green now"
    assert terse_change("added", SCENE, green) == "a green circle was added"
    assert terse_change("removed", SCENE, RED) == "the red circle is gone"
