from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from actors.base import BadRow
from actors.models.weights.open_picture import open_picture, refuse_growth


def _photo(mode: str = "RGB", size: tuple[int, int] = (317, 200), form: str = "PNG") -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).resize(size).convert(mode).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [b"", b"not a picture", _photo()[:200], _photo(form="JPEG")[:300]])
def test_bytes_that_are_no_whole_picture_are_bad_data(data: bytes) -> None:
    with pytest.raises(BadRow) as caught:
        open_picture(data)
    assert caught.value.reason == "unreadable_image"


def test_a_small_file_that_claims_a_huge_picture_is_not_unpacked() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for side in (9_000, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
        with pytest.raises(BadRow) as caught:
            open_picture(bomb)
        assert caught.value.reason == "image_too_large"


def test_a_line_that_would_grow_past_the_limit_is_refused() -> None:
    refuse_growth(Image.new("L", (600, 1)), 224)
    with pytest.raises(BadRow, match="a shortest side of 224 is over"):
        refuse_growth(Image.new("L", (6000, 1)), 224)
