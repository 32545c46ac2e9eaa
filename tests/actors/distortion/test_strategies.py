from __future__ import annotations

from actors.distortion.strategies import BOX_HEADER, captions_and_boxes


def test_captions_a_blank_line_the_published_header_and_boxes_with_three_decimals() -> None:
    text = captions_and_boxes(
        ["A dog runs.\n", "a brown  dog"],
        ["dog", "ball"],
        [[0.0, 0.25, 0.6666, 1.0], [0.1, 0.2, 0.3, 0.45678]],
    )
    lines = text.split("\n")
    assert lines[:3] == ["A dog runs.", "a brown dog", ""]
    assert lines[3] == BOX_HEADER
    assert lines[4:] == ["dog: [0.000, 0.250, 0.667, 1.000]", "ball: [0.100, 0.200, 0.300, 0.457]"]
    assert BOX_HEADER == (
        "The followings are specific object locations within the image, along with detailed coordinates. "
        "These coordinates are in the form of bounding boxes, represented as (x1, y1, x2, y2) with floating "
        "numbers ranging from 0 to 1. These values correspond to the top left x, top left y, bottom right x, "
        "and bottom right y."
    )
