"""Where the texts of a plot lie, with their width estimated by their letters."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from itertools import combinations
from typing import NamedTuple

from pipelines.plots.drawing import WIDTH, text_width

TALL = 9.5  # units from the top of a letter to its foot


class Box(NamedTuple):
    text: str
    left: float
    right: float
    top: float
    bottom: float


def parsed(svg: str) -> ElementTree.Element:
    """The plot as a tree; fails on anything that is not well-formed."""
    return ElementTree.fromstring(svg)


def text_boxes(root: ElementTree.Element) -> list[Box]:
    """The boxes of all level texts."""
    boxes = []
    for text in root.iter():
        if text.tag.endswith("text") and text.get("transform") is None:
            width, x, y = text_width(text.text or ""), float(text.get("x", 0)), float(text.get("y", 0))
            left = {"start": x, "middle": x - width / 2, "end": x - width}[text.get("text-anchor", "start")]
            boxes.append(Box(text.text or "", left, left + width, y - TALL, y))
    return boxes


def overprints(boxes: list[Box]) -> list[tuple[str, str]]:
    """Pairs of texts of which one lies over the other."""
    return [
        (one.text, other.text)
        for one, other in combinations(boxes, 2)
        if one.left < other.right and other.left < one.right
        and one.top < other.bottom and other.top < one.bottom
    ]  # fmt: skip


def outside(root: ElementTree.Element) -> list[str]:
    """Texts that leave the frame."""
    height = float(root.get("viewBox", "").split()[3])
    return [
        box.text
        for box in text_boxes(root)
        if box.left < -0.1 or box.right > WIDTH + 0.1 or box.top < -1 or box.bottom > height
    ]
