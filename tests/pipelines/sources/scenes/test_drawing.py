"""Pictures of scenes are true to the pixel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pipelines.sources.scenes.drawing import box_pixels, paint
from pipelines.sources.scenes.world import COLOURS, GROUNDS, draw_scene


def test_pixels_are_what_the_truth_says() -> None:
    for number in range(200):
        scene = replace(draw_scene(0, "test", number), number=None)
        pixels = np.asarray(paint(scene, 64))
        expected = {COLOURS[shape.colour] for shape in scene.shapes} | {GROUNDS[scene.ground]}
        assert {tuple(int(v) for v in pixel) for pixel in pixels.reshape(-1, 3)} == expected
        outside = np.ones((64, 64), bool)
        for shape in scene.shapes:
            x1, y1, x2, y2 = box_pixels(shape, 64)
            inside = (pixels[y1 : y2 + 1, x1 : x2 + 1] == COLOURS[shape.colour]).all(-1)
            assert 0.2 < inside.mean() <= 1 and inside[:, 0].any() and inside[0].any()
            outside[y1 : y2 + 1, x1 : x2 + 1] = False
        assert (pixels[outside] == GROUNDS[scene.ground]).all()
