"""From image bytes to a decoded picture, or a reason why not; imports no torch."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from actors.base import BadRow, Reason

UNREADABLE_IMAGE = Reason("unreadable_image", "the picture cannot be read")
IMAGE_TOO_LARGE = Reason("image_too_large", "the picture is too large")

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 64_000_000  # a few kB can unpack to gigabytes


def refuse_growth(picture: Image.Image, shortest: int) -> None:
    """Raises BadRow `image_too_large` where a shortest side of `shortest` makes over MAX_PIXELS pixels."""
    scale = shortest / min(picture.size)
    if picture.width * scale * picture.height * scale > MAX_PIXELS:
        raise BadRow(
            IMAGE_TOO_LARGE,
            f"{picture.width} x {picture.height}: a shortest side of {shortest} is over {MAX_PIXELS} pixels",
        )


def open_picture(data: bytes) -> Image.Image:
    """The picture, decoded, in RGB.

    Raises:
        BadRow: `image_too_large`, or `unreadable_image` (truncated, not a picture, unknown format).
    """
    from PIL import Image, UnidentifiedImageError

    if len(data) > MAX_BYTES:
        raise BadRow(IMAGE_TOO_LARGE, f"{len(data)} bytes; at most {MAX_BYTES} are read")
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise BadRow(IMAGE_TOO_LARGE, f"{image.width} x {image.height}; at most {MAX_PIXELS} pixels")
            return image.convert("RGB")
    except BadRow:
        raise
    except Image.DecompressionBombError as error:
        raise BadRow(IMAGE_TOO_LARGE, str(error)) from None
    except UnidentifiedImageError:
        raise BadRow(UNREADABLE_IMAGE, f"{len(data)} bytes are no picture in a known format") from None
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise BadRow(UNREADABLE_IMAGE, str(error)) from None
