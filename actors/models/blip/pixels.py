"""From image bytes to the pixel tensor that InstructBLIP's vision model sees."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image

from actors.models.weights.open_picture import MAX_BYTES, MAX_PIXELS, open_picture

# CLIP's per-channel statistics, in red, green, blue order, for values from 0 to 1.
CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


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
