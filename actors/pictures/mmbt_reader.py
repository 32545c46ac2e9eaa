"""Pictures for MMBT, cropped on CPU workers; a missing or broken one is grey, as published, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from actors.base import BadRow, Reason
from actors.pictures.image_reader import PictureStage, read_file

NO_PICTURE = Reason("no_picture", "no picture")


@dataclass
class MmbtPictureReader(PictureStage):
    """`picture_square`: the first picture a row names as 224 x 224 pixels of RGB, null where it has none or
    it cannot be read. `picture_missing` says so, `picture_problem` why. `root` is the folder all paths must
    stay under; None for rows without pictures. Each distinct picture of a table is decoded once.
    """

    transient: ClassVar[tuple[str, ...]] = ("picture_square",)

    writes = {"picture_square": "binary", "picture_missing": "bool", "picture_problem": "string"}

    def picture(self, uri: str) -> bytes:
        from actors.models.mmbt.pixels import middle_square

        if self.root is None:
            raise BadRow(NO_PICTURE, "the rows have no image folder")
        return middle_square(read_file(Path(self.root), uri))

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        paths = [images[0] if images else None for images in table["images"].to_pylist()]
        read = self.pictures(path for path in paths if path is not None)
        none = BadRow(NO_PICTURE, "the row names no picture")
        squares = [none if path is None else read[path] for path in paths]
        return {
            "picture_square": [None if isinstance(square, BadRow) else square for square in squares],
            "picture_missing": [isinstance(square, BadRow) for square in squares],
            "picture_problem": [square.reason if isinstance(square, BadRow) else None for square in squares],
        }
