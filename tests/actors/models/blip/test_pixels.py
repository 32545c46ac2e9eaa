from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from actors.base import BadRow
from actors.models.blip.pixels import read_pixels


def _photo(mode: str = "RGB", size: tuple[int, int] = (317, 200), form: str = "PNG") -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(values).resize(size).convert(mode).save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize(("mode", "form"), [("RGB", "PNG"), ("RGB", "JPEG"), ("L", "PNG"), ("P", "GIF")])
def test_pixels_equal_those_of_the_library_processor(mode: str, form: str) -> None:
    from transformers import BlipImageProcessor

    data = _photo(mode, form=form)
    processor = BlipImageProcessor(size={"height": 224, "width": 224})
    theirs = processor(images=Image.open(io.BytesIO(data)), return_tensors="pt")["pixel_values"][0]
    ours = read_pixels(data)
    assert ours.shape == (3, 224, 224)
    # One step of 8 bits is 1 / 255 / 0.26 after normalisation; resizers round differently by one step.
    torch.testing.assert_close(ours, theirs, atol=1.01 / 255 / 0.26, rtol=0)


def test_the_whole_picture_is_kept_and_squeezed_to_a_square() -> None:
    wide = Image.new("RGB", (400, 100), "black")
    wide.paste("white", (0, 0, 10, 100))
    wide.paste("white", (390, 0, 400, 100))
    buffer = io.BytesIO()
    wide.save(buffer, "PNG")
    pixels = read_pixels(buffer.getvalue(), 40)
    assert float(pixels[0, 20, 0]) > 1.5 and float(pixels[0, 20, -1]) > 1.5
    assert float(pixels[0, 20, 20]) < -1.5


@pytest.mark.parametrize("data", [b"", b"not a picture", _photo()[:200], _photo(form="JPEG")[:300]])
def test_bytes_that_are_no_whole_picture_are_bad_data(data: bytes) -> None:
    with pytest.raises(BadRow) as caught:
        read_pixels(data)
    assert caught.value.reason == "unreadable_image"


def test_a_small_file_that_claims_a_huge_picture_is_not_unpacked() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    for side in (9_000, 60_000):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0))
        bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
        with pytest.raises(BadRow) as caught:
            read_pixels(bomb)
        assert caught.value.reason == "image_too_large"
