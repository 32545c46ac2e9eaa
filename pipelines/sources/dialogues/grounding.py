"""Captions and object boxes that come with a picture, as columns and as they stand in a record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from actors.base import BadRow, Reason

BAD_BOXES = Reason("bad_boxes", "the boxes cannot be read")
BAD_CAPTIONS = Reason("bad_captions", "the captions cannot be read")

GROUNDING_COLUMNS: Mapping[str, pa.DataType] = {
    "captions": pa.list_(pa.string()),  # of the row's first picture
    "box_labels": pa.list_(pa.string()),
    "boxes": pa.list_(pa.list_(pa.float32())),  # [x1, y1, x2, y2], shares of width and height
}


def read_grounding(record: Mapping[str, Any]) -> dict[str, Any]:
    """The three columns of `record`, None where it has none.

    Raises:
        BadRow(bad_boxes): names and boxes do not go together, or a box is not four numbers from 0 to 1.
    """
    captions: Any = record.get("captions")
    names: Any = record.get("box_labels")
    boxes: Any = record.get("boxes")
    if captions is not None and not _texts(captions):
        raise BadRow(BAD_CAPTIONS, f"captions are {captions!r:.200}, expected a list of texts")
    if names is None and boxes is None:
        return {"captions": captions, "box_labels": None, "boxes": None}
    if not _texts(names) or not isinstance(boxes, list) or len(names) != len(boxes):
        raise BadRow(BAD_BOXES, f"names {names!r:.100} and boxes {boxes!r:.100} do not go together")
    for box in boxes:
        if not isinstance(box, list) or len(box) != 4 or not all(_share(side) for side in box):
            raise BadRow(BAD_BOXES, f"box {box!r:.100}: expected x1, y1, x2, y2 as shares from 0 to 1")
    return {"captions": captions, "box_labels": names, "boxes": boxes}


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
