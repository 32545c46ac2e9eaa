"""A prompt as the messages of a chat endpoint, pictures included."""

from __future__ import annotations

import base64
import io
from typing import Any

from PIL import Image

from actors.base import BadRow
from actors.models.text_generator import IMAGE_MARKS, Prompt
from actors.models.weights.open_picture import UNREADABLE_IMAGE

IMAGE_MARK = "<image>"
_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


def chat_messages(prompt: Prompt) -> list[dict[str, Any]]:
    """System text, earlier (user, assistant) turns and the message.

    A picture stands at its `<image>` mark; a message with pictures but no marks has them in front.

    Raises:
        BadRow: the marks do not match the pictures, or a picture cannot be read.
    """
    messages: list[dict[str, Any]] = []
    if prompt.system:
        messages.append({"role": "system", "content": prompt.system})
    for user, assistant in prompt.turns:
        messages.append({"role": "user", "content": user})
        messages.append({"role": "assistant", "content": assistant})
    messages.append({"role": "user", "content": _content(prompt)})
    return messages


def _content(prompt: Prompt) -> str | list[dict[str, Any]]:
    if not prompt.images:
        return prompt.message
    pictures = [{"type": "image_url", "image_url": {"url": data_url(image)}} for image in prompt.images]
    pieces = prompt.message.split(IMAGE_MARK)
    if len(pieces) == 1:
        return [*pictures, _text(prompt.message)]
    if len(pieces) != len(pictures) + 1:
        detail = f"{len(pieces) - 1} {IMAGE_MARK} marks in the message, {len(pictures)} pictures"
        raise BadRow(IMAGE_MARKS, detail)
    content = [_text(pieces[0])]
    for picture, piece in zip(pictures, pieces[1:], strict=True):
        content += [picture, _text(piece)]
    return [part for part in content if part.get("text", "picture").strip()]


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def data_url(image: bytes) -> str:
    """The picture as a `data:` URL: PNG, JPEG, GIF and WebP as they are, other types redrawn as PNG.

    Raises:
        BadRow: `unreadable_image`.
    """
    kind = next((kind for magic, kind in _MAGIC.items() if image.startswith(magic)), None)
    if kind is None and image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        kind = "image/webp"
    if kind is None:
        png = io.BytesIO()
        decode_picture(image).save(png, "PNG")
        image, kind = png.getvalue(), "image/png"
    return f"data:{kind};base64,{base64.b64encode(image).decode('ascii')}"


def decode_picture(image: bytes) -> Image.Image:
    """The picture in RGB. Raises BadRow: `unreadable_image`."""
    try:
        return Image.open(io.BytesIO(image)).convert("RGB")
    except (OSError, Image.DecompressionBombError) as error:
        raise BadRow(UNREADABLE_IMAGE, f"begins with {image[:8]!r}: {error}") from error
