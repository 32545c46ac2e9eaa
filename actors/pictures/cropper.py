"""Pictures cropped to the square a vision tower wants, on CPU workers."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa

from actors.pictures.image_reader import PictureStage, read_image, uncompressed

# Longer than this many times its width, and only the part that is kept is resized: a line of 60,000 pixels
# would grow to 12 GB. Others are resized whole, which Pillow does in another order and rounds otherwise.
LONGEST = 16


@dataclass
class PictureCropper(PictureStage):
    """Every picture a row names, its shortest side resized to `size` pixels (bicubic) and the centre cut
    out, uncompressed: what is left for the GPU worker is to normalise. `root` is the folder all paths
    must stay under. A row without pictures passes.
    """

    transient: ClassVar[tuple[str, ...]] = ("picture_crops",)

    root: str
    size: int

    writes = {"picture_crops": "list<item: binary>"}

    def picture(self, uri: str) -> bytes:
        return crop_picture(read_image(Path(self.root), uri), self.size)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {"picture_crops": self.pictures_by_row(table)}


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
    return uncompressed(square)
