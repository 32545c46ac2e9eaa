from __future__ import annotations

import hashlib
import io
from random import Random

import numpy as np
from PIL import Image

from actors.models.weights.pocket import SCENES
from pipelines.sources.scenes.drawing import paint
from pipelines.sources.scenes.rows import caption_draft, other_draft, question_draft, rationale_draft
from pipelines.sources.scenes.world import draw_scene
from trainers.pocket.scenes import (
    full_caption,
    picture_text,
    pictures,
    png,
    scenes,
    step_random,
)


def test_scenes_of_training_and_measuring_are_apart() -> None:
    keys = [{draw_scene(0, split, i).key() for i in range(200)} for split in ("train", "test")]
    assert not keys[0] & keys[1]


def scenes_digest() -> str:
    """Eight hexadecimal digits of the words and pixels of the source's first rows of every kind."""
    digest = hashlib.blake2b(digest_size=4)
    for number, scene in enumerate(scenes("train", 150)):
        rng = step_random(0, "digest", number)
        drafts = (caption_draft(scene, rng, 64), question_draft(scene, rng), rationale_draft(scene, rng))
        digest.update(repr((*drafts, other_draft(scene, rng, 64))).encode())
        digest.update(np.asarray(paint(scene, 64)).tobytes())
    return digest.hexdigest()


def test_the_recipe_names_the_scenes_it_was_made_for() -> None:
    """When words or pictures of the source change, SCENES follows, so that models are trained anew."""
    assert scenes_digest() == SCENES


def test_pixels_are_those_of_the_file() -> None:
    drawn = scenes("train", 3)
    pixels = pictures(drawn, 32)
    assert pixels.shape == (3, 3, 32, 32) and pixels.is_contiguous()
    for scene, expected in zip(drawn, pixels, strict=True):
        file = np.asarray(Image.open(io.BytesIO(png(scene, 32))).convert("RGB"))
        assert np.array_equal(file, expected.permute(1, 2, 0).numpy())


def test_a_steps_randomness_follows_from_seed_name_and_number() -> None:
    draws = [
        step_random(*key).random() for key in ((0, "clip", 1), (0, "clip", 2), (0, "nli", 1), (1, "clip", 1))
    ]
    assert len(set(draws)) == 4 and step_random(0, "clip", 1).random() == draws[0]


def test_texts_of_a_picture_are_captions_sentences_and_paragraphs() -> None:
    scene = scenes("train", 1)[0]
    texts = [picture_text(scene, Random(seed)) for seed in range(60)]
    assert all(text.strip() for text in texts) and len(set(texts)) > 20
    assert any(text.count(".") > 1 for text in texts) and any("." not in text for text in texts)
    caption = full_caption(scene, Random(0)).lower()
    assert all(shape.colour in caption for shape in scene.shapes)
