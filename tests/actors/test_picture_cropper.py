from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import torch
from PIL import Image

from actors.apply import apply
from actors.models.flamingo_vision import PictureTransform
from actors.picture_cropper import PictureCropper, crop_picture
from pipelines.schema import BASE_SCHEMA, live_row


def gradient(path: Path, sides: tuple[int, int]) -> Path:
    Image.linear_gradient("L").resize(sides).convert("RGB").save(path)
    return path


@pytest.mark.parametrize("sides", [(40, 30), (31, 57), (16, 16), (9, 200), (17, 16)])
def test_a_cropped_picture_gives_the_pixels_of_the_whole_one(tmp_path, sides):
    content = gradient(tmp_path / "a.png", sides).read_bytes()
    transform = PictureTransform(16)
    torch.testing.assert_close(transform(crop_picture(content, 16)), transform(content))


def test_a_missing_picture_costs_its_row_alone(tmp_path):
    gradient(tmp_path / "a.png", (20, 20))
    rows = [["a.png"], ["none.png"], [], ["a.png", "a.png"]]
    made = [live_row(id=str(i), dataset="d", task="vqa", images=paths) for i, paths in enumerate(rows)]
    cropped = apply(PictureCropper(str(tmp_path), 8), pa.Table.from_pylist(made, schema=BASE_SCHEMA))
    assert cropped["reason"].to_pylist() == [None, "missing_image", None, None]
    lengths = [None if cell is None else len(cell) for cell in cropped["picture_crops"].to_pylist()]
    assert lengths == [1, None, 0, 2]


def test_a_folder_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="--image-root"):
        PictureCropper("nowhere", 8).check()
