"""The picture transform against torchvision's."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch
from PIL import Image

from actors.base import BadRow
from actors.models.mmbt.pixels import PUBLISHED, middle_square, normalise, scale_of


def noise(width: int, height: int) -> Image.Image:
    values = np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize("size", [(300, 501), (97, 64), (256, 256), (31, 400), (1, 7)])
def test_pixels_are_torchvisions(size):
    from torchvision import transforms

    picture = noise(*size)
    published = transforms.Compose(
        [
            transforms.Resize(256),
            transforms.CenterCrop(224),
            transforms.ToTensor(),
            transforms.Normalize(PUBLISHED.mean, PUBLISHED.std),
        ]
    )
    assert torch.equal(normalise([middle_square(picture)], PUBLISHED)[0], published(picture))


def test_each_backbone_sees_the_range_it_was_trained_on():
    lite = scale_of("efficientnet-lite0@random")
    white, black = (normalise([bytes([value]) * (224 * 224 * 3)], lite).unique() for value in (255, 0))
    assert white.tolist() == [pytest.approx(1.0)] and black.tolist() == [pytest.approx(-127 / 128)]
    assert scale_of("resnet152") == scale_of("resnet18=weights.pth") == PUBLISHED


def test_bytes_and_pictures_give_the_same_and_colours_are_converted():
    content = io.BytesIO()
    grey = noise(90, 70).convert("L")
    grey.save(content, "PNG")
    assert middle_square(content.getvalue()) == middle_square(grey.convert("RGB")) == middle_square(grey)


def test_the_missing_picture_is_grey_128():
    assert set(middle_square(None)) == {128}


def test_bytes_that_are_no_picture_say_so():
    with pytest.raises(BadRow, match="unreadable_image"):
        middle_square(b"no picture")


def test_a_thread_of_a_picture_does_not_fill_the_memory():
    with pytest.raises(BadRow, match="image_too_large"):
        middle_square(Image.new("RGB", (1, 8000)))
