from __future__ import annotations

import io
import resource
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from PIL import Image

from actors.apply import apply
from actors.models.flamingo.vision import PictureTransform
from actors.pictures.cropper import PictureCropper, crop_picture
from pipelines.schema import base_schema, live_row


def gradient(path: Path, sides: tuple[int, int]) -> Path:
    Image.linear_gradient("L").resize(sides).convert("RGB").save(path)
    return path


@pytest.mark.parametrize("sides", [(40, 30), (31, 57), (16, 16), (9, 200), (17, 16)])
def test_a_cropped_picture_gives_the_pixels_of_the_whole_one(tmp_path, sides):
    content = gradient(tmp_path / "a.png", sides).read_bytes()
    transform = PictureTransform(16)
    torch.testing.assert_close(transform(crop_picture(content, 16)), transform(content))


@pytest.mark.parametrize("sides", [(1, 60_000), (60_000, 1), (2, 50_000)])
def test_a_line_is_cropped_without_growing_the_rest_of_it(tmp_path, sides):
    content = gradient(tmp_path / "line.png", sides).read_bytes()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    cropped = Image.open(io.BytesIO(crop_picture(content, 224)))
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert cropped.size == (224, 224)
    assert grown_mb < 100  # resized whole it would be 2 GB and more


def test_a_long_picture_gives_the_pixels_of_the_whole_one_but_for_rounding():
    noise = np.random.default_rng(0).integers(0, 256, (17 * 40, 40, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, format="PNG")
    cropped = np.asarray(Image.open(io.BytesIO(crop_picture(buffer.getvalue(), 16))), dtype=int)
    whole = Image.fromarray(noise).resize((16, 17 * 16), Image.Resampling.BICUBIC)
    expected = np.asarray(whole.crop((0, 128, 16, 144)), dtype=int)
    assert np.abs(cropped - expected).max() <= 2


def test_a_missing_picture_costs_its_row_alone(tmp_path):
    gradient(tmp_path / "a.png", (20, 20))
    rows = [["a.png"], ["none.png"], [], ["a.png", "a.png"]]
    made = [live_row(id=str(i), dataset="d", task="vqa", images=paths) for i, paths in enumerate(rows)]
    cropped = apply(PictureCropper(str(tmp_path), 8), pa.Table.from_pylist(made, schema=base_schema()))
    assert cropped["reason"].to_pylist() == [None, "missing_image", None, None]
    lengths = [None if cell is None else len(cell) for cell in cropped["picture_crops"].to_pylist()]
    assert lengths == [1, None, 0, 2]


def test_a_folder_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="--image-root"):
        PictureCropper("nowhere", 8).check()
