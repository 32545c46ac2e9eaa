"""From a picture to the pixel tensor that MMBT's backbone sees, as published."""

from __future__ import annotations

import torch
from PIL import Image

from actors.models.blip_pixels import open_picture

RESIZED, CROPPED = 256, 224
MEAN = (0.46777044, 0.44531429, 0.40661017)
STD = (0.12221994, 0.12145835, 0.14380469)
GREY = (128, 128, 128)  # stands where a picture is missing


def grey_picture() -> Image.Image:
    """What stands for a missing picture, 256 x 256."""
    return Image.new("RGB", (RESIZED, RESIZED), GREY)


def pixels_of(picture: bytes | Image.Image | None) -> torch.Tensor:
    """Float32 `[3, 224, 224]`: shorter side to 256, the middle 224, normalised; None is the grey picture.

    Raises:
        BadRow: the bytes are no readable picture.
    """
    from torchvision.transforms import functional

    if picture is None:
        picture = grey_picture()
    elif isinstance(picture, bytes):
        picture = open_picture(picture)
    middle = functional.center_crop(functional.resize(picture.convert("RGB"), [RESIZED]), [CROPPED])
    return functional.normalize(functional.to_tensor(middle), list(MEAN), list(STD))
