"""Captions and object boxes that come with a picture: as columns, in a record, and in COCO's files."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.base import BadRow, Columns, Reason

_NUMBER = re.compile(r"(\d+)\.\w+$")

BAD_BOXES = Reason("bad_boxes", "the boxes cannot be read")
BAD_CAPTIONS = Reason("bad_captions", "the captions cannot be read")

GROUNDING_COLUMNS: Columns = {
    "captions": "list<item: string>",  # of the row's first picture
    "box_labels": "list<item: string>",
    "boxes": "list<item: list<item: float>>",  # [x1, y1, x2, y2], shares of width and height
}


def read_grounding(record: Mapping[str, Any]) -> dict[str, Any]:
    """The three columns of `record`, None where it has none.

    Raises:
        BadRow(bad_boxes): names and boxes do not go together, or a box is not four numbers from 0 to 1.
    """
    columns: dict[str, Any] = {name: record.get(name) for name in GROUNDING_COLUMNS}
    captions, names, boxes = columns.values()
    if captions is not None and not _texts(captions):
        raise BadRow(BAD_CAPTIONS, f"captions are {captions!r:.200}, expected a list of texts")
    if names is None and boxes is None:
        return columns
    if not _texts(names) or not isinstance(boxes, list) or len(names) != len(boxes):
        raise BadRow(BAD_BOXES, f"names {names!r:.100} and boxes {boxes!r:.100} do not go together")
    for box in boxes:
        if not isinstance(box, list) or len(box) != 4 or not all(_share(side) for side in box):
            raise BadRow(BAD_BOXES, f"box {box!r:.100}: expected x1, y1, x2, y2 as shares from 0 to 1")
    return columns


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def _share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


@dataclass
class CocoGrounding:
    """Reads every `captions_*.json` and `instances_*.json` in `folder`, once."""

    folder: Path

    def files(self) -> list[Path]:
        """The annotation files."""
        return sorted([*self.folder.glob("captions_*.json"), *self.folder.glob("instances_*.json")])

    def check(self) -> None:
        """Raises ValueError unless there are captions and instances."""
        for kind in ("captions", "instances"):
            if not any(self.folder.glob(f"{kind}_*.json")):
                raise ValueError(
                    f"{self.folder} holds no {kind}_*.json; give COCO's annotation folder with --annotations"
                )

    def of(self, image: str) -> dict[str, Any]:
        """The three grounding columns of the picture `image`, None where COCO has nothing on it."""
        match = _NUMBER.search(image)
        number = int(match[1]) if match else -1
        columns: dict[str, Any] = dict.fromkeys(GROUNDING_COLUMNS) | {"captions": self._captions.get(number)}
        width, height, objects = self._pictures.get(number, (0, 0, ()))
        if objects:
            columns["box_labels"] = [name for name, _ in objects]
            columns["boxes"] = [shares(box, width, height) for _, box in objects]
        return columns

    @cached_property
    def _captions(self) -> Mapping[int, list[str]]:
        captions: dict[int, list[str]] = defaultdict(list)
        for file in sorted(self.folder.glob("captions_*.json")):
            for entry in _entries(file, "annotations"):
                captions[entry["image_id"]].append(str(entry["caption"]).strip())
        return dict(captions)

    @cached_property
    def _pictures(self) -> Mapping[int, tuple[float, float, Sequence[Any]]]:
        """Width and height in pixels by number, and the objects as names with `[x, y, width, height]`."""
        sizes: dict[int, tuple[float, float]] = {}
        objects: dict[int, list[Any]] = defaultdict(list)
        for file in sorted(self.folder.glob("instances_*.json")):
            names = {entry["id"]: entry["name"] for entry in _entries(file, "categories")}
            for entry in _entries(file, "images"):
                sizes[entry["id"]] = (entry["width"], entry["height"])
            for entry in _entries(file, "annotations"):
                objects[entry["image_id"]].append((names[entry["category_id"]], tuple(entry["bbox"])))
        return {number: (*size, objects[number]) for number, size in sizes.items()}


def shares(box: tuple[float, float, float, float], width: float, height: float) -> list[float]:
    """`[x1, y1, x2, y2]` from 0 to 1 for COCO's `[x, y, width, height]` in pixels.

    COCO rounds, so a box may end a fraction of a pixel outside; it is cut at the picture's edge.

    Raises:
        BadRow(bad_boxes): the picture has no size.
    """
    if width <= 0 or height <= 0:
        raise BadRow(BAD_BOXES, f"the picture is {width} x {height} pixels")
    x, y, across, down = box
    corners = (x / width, y / height, (x + across) / width, (y + down) / height)
    return [min(1.0, max(0.0, corner)) for corner in corners]


def _entries(file: Path, key: str) -> list[dict[str, Any]]:
    try:
        entries = json.loads(file.read_bytes())[key]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no COCO annotation file with {key!r}: {error}") from error
    assert isinstance(entries, list)
    return entries
