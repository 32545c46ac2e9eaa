"""Pictures of scenes: hard edges and fixed colours, so that pixels can be checked against the truth."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.sources.scenes.world import COLOURS, GROUNDS, INK, SIZES, Scene, Shape

DRAWING = 1  # part of every picture's name: raise it when anything below changes what is drawn
# Three columns of five bits per digit, the lowest bit on top.
DIGITS = (
    (31, 17, 31), (0, 31, 0), (29, 21, 23), (21, 21, 31), (7, 4, 31),
    (23, 21, 29), (31, 21, 29), (1, 1, 31), (31, 21, 31), (23, 21, 31),
)  # fmt: skip
DIGIT_WIDTH, DIGIT_HEIGHT = 3, 5


def paint(scene: Scene, side: int) -> Any:
    """A Pillow RGB picture of `side` by `side` pixels."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (side, side), GROUNDS[scene.ground])
    canvas = ImageDraw.Draw(picture)
    for shape in scene.shapes:
        _paint_shape(canvas, shape, side, GROUNDS[scene.ground])
    if scene.number is not None:
        _paint_number(canvas, scene.number, scene.number_place, side)
    return picture


def box_pixels(shape: Shape, side: int) -> tuple[int, int, int, int]:
    """x1, y1, x2, y2 in pixels, all inside the shape's box."""
    half = max(2, round(SIZES[shape.size] * side))
    x, y = (round(value * side) for value in shape.center())
    tall = half * 2 // 3 if shape.kind == "rectangle" else half
    return x - half, y - tall, x + half, y + tall


def box_shares(shape: Shape, side: int) -> list[float]:
    """x1, y1, x2, y2 from 0 to 1, three decimals."""
    return [round(value / side, 3) for value in box_pixels(shape, side)]


def save_picture(scene: Scene, side: int, folder: Path) -> str:
    """The picture's path under `folder`, `<two digits>/<hash>.png` from everything that decides the pixels;
    it is drawn only where it is not there yet."""
    described = json.dumps([DRAWING, side, asdict(scene)])
    digest = hashlib.blake2b(described.encode(), digest_size=12).hexdigest()
    name = f"{digest[:2]}/{digest}.png"
    file = folder / name
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, suffix=".part")
        with os.fdopen(handle, "wb") as stream:
            paint(scene, side).save(stream, format="PNG")
        os.replace(part, file)
    return name


def _paint_shape(canvas: Any, shape: Shape, side: int, ground: tuple[int, int, int]) -> None:
    x1, y1, x2, y2 = box = box_pixels(shape, side)
    x, y, fill = (x1 + x2) // 2, (y1 + y2) // 2, COLOURS[shape.colour]
    arm, rim = max(1, (x2 - x1) // 6), max(2, (x2 - x1) // 4)
    match shape.kind:
        case "circle":
            canvas.ellipse(box, fill=fill)
        case "rectangle":
            canvas.rectangle(box, fill=fill)
        case "triangle":
            canvas.polygon([(x, y1), (x1, y2), (x2, y2)], fill=fill)
        case "diamond":
            canvas.polygon([(x, y1), (x2, y), (x, y2), (x1, y)], fill=fill)
        case "cross":
            canvas.rectangle((x - arm, y1, x + arm, y2), fill=fill)
            canvas.rectangle((x1, y - arm, x2, y + arm), fill=fill)
        case "ring":
            canvas.ellipse(box, fill=fill)
            canvas.ellipse((x1 + rim, y1 + rim, x2 - rim, y2 - rim), fill=ground)


def _paint_number(canvas: Any, number: int, place: int, side: int) -> None:
    dot = max(1, side // 32)
    wide = 2 * DIGIT_WIDTH + 1
    left = round((place % 3 + 0.5) / 3 * side) - wide * dot // 2
    top = round((place // 3 + 0.5) / 3 * side) - DIGIT_HEIGHT * dot // 2
    for position, digit in enumerate(str(number)):
        for column, bits in enumerate(DIGITS[int(digit)]):
            x = left + (position * (DIGIT_WIDTH + 1) + column) * dot
            for row in range(DIGIT_HEIGHT):
                y = top + row * dot
                if bits >> row & 1:
                    canvas.rectangle((x, y, x + dot - 1, y + dot - 1), fill=INK)
