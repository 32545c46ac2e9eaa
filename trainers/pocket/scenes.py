"""Training data of the pocket models: scenes as pixels, and texts about them."""

from __future__ import annotations

import io
from random import Random
from typing import Any

import numpy as np

from actors.base import row_seed
from pipelines.sources.scenes.captions import five_captions
from pipelines.sources.scenes.drawing import paint
from pipelines.sources.scenes.polite import polite_caption
from pipelines.sources.scenes.world import Scene, draw_scene


def scenes(split: str, count: int, *, seed: int = 0) -> list[Scene]:
    """The first `count` scenes of a split."""
    return [draw_scene(seed, split, number) for number in range(count)]


def pictures(drawn: list[Scene], side: int) -> Any:
    """Pixels as a uint8 tensor `[scenes, 3, side, side]`."""
    import torch

    stacked = np.stack([np.asarray(paint(scene, side)) for scene in drawn])
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()


def png(scene: Scene, side: int) -> bytes:
    """The picture as a file's bytes."""
    buffer = io.BytesIO()
    paint(scene, side).save(buffer, format="PNG")
    return buffer.getvalue()


def step_random(seed: int, name: str, step: int) -> Random:
    """Randomness of one training step."""
    return Random(row_seed(seed, f"{name}/{step}"))


def full_caption(scene: Scene, rng: Random) -> str:
    """A terse caption that names every shape and the ground."""
    return five_captions(scene, rng)[0]


def picture_text(scene: Scene, rng: Random) -> str:
    """Something said about the picture: a caption, a polite sentence or a whole polite paragraph."""
    draw = rng.random()
    if draw < 0.35:
        return full_caption(scene, rng)
    paragraphs = polite_caption(scene, rng, paragraphs=2).split("\n\n")
    if draw < 0.6:
        return paragraphs[0].split(". ")[0] + "."
    if draw < 0.7:
        return rng.choice(paragraphs)
    # Single sentences as the paragraph score reads them, without their full stop.
    return rng.choice(rng.choice(paragraphs).split(".")[:-1]).strip()
