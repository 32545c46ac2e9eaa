"""Pictures cropped to the square a vision tower wants, on CPU workers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from actors.base import Annotator, BadRow
from actors.pictures.image_reader import THREADS, read_image

# Longer than this many times its width, and only the part that is kept is resized: a line of 60,000 pixels
# would grow to 12 GB. Others are resized whole, which Pillow does in another order and rounds otherwise.
LONGEST = 16


@dataclass
class PictureCropper(Annotator):
    """Every picture a row names, its shortest side resized to `size` pixels (bicubic) and the centre cut
    out, uncompressed: what is left for the GPU worker is to normalise. `root` is the folder all paths
    must stay under. A row without pictures passes.
    """

    transient: ClassVar[tuple[str, ...]] = ("picture_crops",)

    root: str
    size: int

    @property
    def reads(self) -> tuple[str, ...]:
        return ("images",)

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {"picture_crops": pa.list_(pa.binary())}

    def check(self) -> None:
        if not Path(self.root).is_dir():
            raise ValueError(
                f"the image folder {self.root!r} does not exist; give the folder with --image-root"
            )

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        rows = [paths or [] for paths in table["images"].to_pylist()]
        distinct = list(dict.fromkeys(path for paths in rows for path in paths))
        with ThreadPoolExecutor(THREADS) as pool:
            cropped = dict(zip(distinct, pool.map(self._crop_or_bad, distinct), strict=True))
        return {"picture_crops": [_cell([cropped[path] for path in paths]) for paths in rows]}

    def _crop_or_bad(self, uri: str) -> bytes | BadRow:
        try:
            return crop_picture(read_image(Path(self.root), uri), self.size)
        except BadRow as bad:
            return bad


def crop_picture(content: bytes, size: int) -> bytes:
    """The picture in `content`, a file's bytes, as a PPM of size x size pixels."""
    from PIL import Image

    picture = Image.open(io.BytesIO(content)).convert("RGB")
    width, height = picture.size
    shortest = min(width, height)
    # Sides and corner are rounded as torchvision's Resize and CenterCrop do.
    sides = (int(size * width / shortest), int(size * height / shortest))
    left, top = (round((side - size) / 2) for side in sides)
    if max(sides) <= LONGEST * size:
        whole = picture.resize(sides, Image.Resampling.BICUBIC)
        square = whole.crop((left, top, left + size, top + size))
    else:
        across, down = width / sides[0], height / sides[1]
        box = (left * across, top * down, (left + size) * across, (top + size) * down)
        square = picture.resize((size, size), Image.Resampling.BICUBIC, box=box)
    buffer = io.BytesIO()
    square.save(buffer, format="PPM")
    return buffer.getvalue()


def _cell(pictures: list[bytes | BadRow]) -> list[bytes | BadRow] | BadRow:
    return next((picture for picture in pictures if isinstance(picture, BadRow)), pictures)
