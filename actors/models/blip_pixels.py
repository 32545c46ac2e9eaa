"""From image bytes to pictures, and to the pixel tensor that InstructBLIP's vision model sees."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError

from actors.base import BadRow

# CLIP's per-channel statistics, in red, green, blue order, for values from 0 to 1.
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # a few kB can unpack to gigabytes


def open_picture(data: bytes) -> Image.Image:
    """The picture, decoded, in RGB.

    Raises:
        BadRow: `image_too_large`, or `unreadable_image` (truncated, not a picture, unknown format).
    """
    if len(data) > MAX_BYTES:
        raise BadRow("image_too_large", f"{len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadRow(
                    "image_too_large", f"{image.width} x {image.height}; at most {MAX_PIXELS} pixels"
                )
            return image.convert("RGB")
    except BadRow:
        raise
    except Image.DecompressionBombError as error:
        raise BadRow("image_too_large", str(error)) from None
    except UnidentifiedImageError:
        raise BadRow("unreadable_image", f"{len(data)} bytes are no picture in a known format") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise BadRow("unreadable_image", str(error)) from None


def read_pixels(data: bytes, size: int = 224) -> torch.Tensor:
    """Float32 `[3, size, size]`: the picture squeezed to a square (bicubic, no crop), CLIP-normalised.

    LAVIS' evaluation transform; its torchvision part is Pillow's own resize.

    Raises:
        BadRow: as `open_picture`.
    """
    square = open_picture(data).resize((size, size), Image.Resampling.BICUBIC)
    values = torch.from_numpy(np.asarray(square, dtype=np.float32) / 255.0)
    return ((values - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_STD)).permute(2, 0, 1).contiguous()


__all__ = ["CLIP_MEAN", "CLIP_STD", "MAX_BYTES", "MAX_PIXELS", "open_picture", "read_pixels"]
