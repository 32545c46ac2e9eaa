"""Pictures for MMBT, cropped on CPU workers; a missing or broken one is grey, as published, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from actors.base import Annotator, BadRow, Reason
from actors.pictures.image_reader import THREADS, read_file

NO_PICTURE = Reason("no_picture", "no picture")


@dataclass
class MmbtPictureReader(Annotator):
    """`picture_square`: the first picture a row names as 224 x 224 pixels of RGB, null where it has none or
    it cannot be read. `picture_missing` says so, `picture_problem` why. `root` is the folder all paths must
    stay under; None for rows without pictures. Each distinct picture of a table is decoded once.
    """

    transient: ClassVar[tuple[str, ...]] = ("picture_square",)

    root: str | None

    @property
    def reads(self) -> tuple[str, ...]:
        return ("images",)

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {"picture_square": pa.binary(), "picture_missing": pa.bool_(), "picture_problem": pa.string()}

    def check(self) -> None:
        if self.root is not None and not Path(self.root).is_dir():
            raise ValueError(
                f"the image folder {self.root!r} does not exist; give the folder with --image-root"
            )

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        paths = [images[0] if images else None for images in table["images"].to_pylist()]
        distinct = list(dict.fromkeys(path for path in paths if path is not None))
        with ThreadPoolExecutor(THREADS) as pool:
            read = dict(zip(distinct, pool.map(self._square_or_bad, distinct), strict=True))
        found = [BadRow(NO_PICTURE, "") if path is None else read[path] for path in paths]
        return {
            "picture_square": [None if isinstance(one, BadRow) else one for one in found],
            "picture_missing": [isinstance(one, BadRow) for one in found],
            "picture_problem": [one.reason if isinstance(one, BadRow) else None for one in found],
        }

    def _square_or_bad(self, uri: str) -> bytes | BadRow:
        from actors.models.mmbt.pixels import middle_square

        if self.root is None:
            return BadRow(NO_PICTURE, "the rows have no image folder")
        try:
            return middle_square(read_file(Path(self.root), uri))
        except BadRow as bad:
            return bad
