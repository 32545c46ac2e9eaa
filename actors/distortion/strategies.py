"""The three ways to distort a response (paper B §3.1), and the text of one: captions and object boxes."""

from __future__ import annotations

from collections.abc import Sequence

LLM, RANDOM, BOXES = "llm", "random", "boxes"  # as the column `distortion` holds them
STRATEGIES = (LLM, RANDOM, BOXES)
# Word for word as the rewriter was trained on it: LLaVA's prompt with another first clause.
BOX_HEADER = (
    "The followings are specific object locations within the image, along with detailed coordinates. "
    "These coordinates are in the form of bounding boxes, represented as (x1, y1, x2, y2) with floating "
    "numbers ranging from 0 to 1. These values correspond to the top left x, top left y, bottom right x, "
    "and bottom right y."
)


def captions_and_boxes(
    captions: Sequence[str], labels: Sequence[str], boxes: Sequence[Sequence[float]]
) -> str:
    """One caption per line, a blank line, the header, and `label: [x1, y1, x2, y2]` per object.

    Args:
        boxes: corners as shares of width and height from 0 to 1; written with three decimals.
    """
    corners = [", ".join(f"{side:.3f}" for side in box) for box in boxes]
    lines = [f"{label}: [{sides}]" for label, sides in zip(labels, corners, strict=True)]
    return "\n".join([*(" ".join(caption.split()) for caption in captions), "", BOX_HEADER, *lines])
