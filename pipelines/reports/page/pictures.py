"""Pictures of a data set, small, inside the page."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

from PIL import Image

from actors.base import BadRow
from actors.pictures.image_reader import read_image
from pipelines.markup import Markup, tag
from pipelines.reasons import reason_words

LONGEST_SIDE = 320  # pixels


def picture(uri: str, image_root: str | None) -> Markup:
    """The picture as a `data:` URI, at most 320 pixels wide or high, or a box that says what is wrong.

    Only files under `image_root` are read: nothing else on the machine can end up in a page.
    """
    if image_root is None:
        return _missing("the run names no picture folder")
    try:
        source = _data_uri(read_image(Path(image_root), uri))
    except BadRow as bad:
        return _missing(reason_words(bad.reason))
    except (OSError, ValueError) as error:
        return _missing(f"it cannot be made smaller ({error})")
    return tag("img", src=source, alt="the picture of this row")


def pictures(uris: Sequence[str] | None, image_root: str | None, most: int | None = 3) -> Markup | None:
    """The first `most` pictures of a row (None: all) side by side; None where it has none."""
    images = [picture(uri, image_root) for uri in (uris or [])[:most]]
    return tag("div", images, class_="pictures") if images else None


def _data_uri(content: bytes) -> str:
    """A `data:` URI of the picture made small: JPEG, or PNG where it has transparency."""
    with Image.open(BytesIO(content)) as image:
        image.draft("RGB", (2 * LONGEST_SIDE, 2 * LONGEST_SIDE))
        see_through = image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info
        small = image.convert("RGBA" if see_through else "RGB")
    small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    kind, packed = "png" if see_through else "jpeg", BytesIO()
    small.save(packed, kind.upper(), quality=80, optimize=True)
    return f"data:image/{kind};base64,{b64encode(packed.getvalue()).decode()}"


def _missing(words: str) -> Markup:
    return tag("div", f"No picture here: {words}.", class_="missing")
