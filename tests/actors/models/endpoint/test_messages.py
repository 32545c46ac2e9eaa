from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from actors.base import BadRow
from actors.models.endpoint.messages import chat_messages, data_url
from actors.models.text_generator import Prompt

PNG, JPEG = b"\x89PNG\r\n\x1a\n.", b"\xff\xd8\xff."


@pytest.mark.parametrize(
    ("image", "kind"),
    [(PNG, "png"), (JPEG, "jpeg"), (b"GIF89a.", "gif"), (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp")],
)
def test_the_type_comes_from_the_first_bytes(image: bytes, kind: str) -> None:
    head, data = data_url(image).split(",")

    assert head == f"data:image/{kind};base64"
    assert base64.b64decode(data) == image


@pytest.mark.parametrize("image", [b"", b"BM6\x00", b"RIFF\x00\x00\x00\x00WAVE", b"<html>"])
def test_bytes_that_are_no_picture_are_a_bad_row(image: bytes) -> None:
    with pytest.raises(BadRow, match="unreadable_image"):
        data_url(image)


def test_a_type_that_endpoints_do_not_take_is_redrawn() -> None:
    bitmap = io.BytesIO()
    Image.new("RGB", (3, 2), (200, 10, 30)).save(bitmap, "BMP")

    head, data = data_url(bitmap.getvalue()).split(",")

    assert head == "data:image/png;base64"
    redrawn = Image.open(io.BytesIO(base64.b64decode(data)))
    assert (redrawn.format, redrawn.size, redrawn.getpixel((0, 0))) == ("PNG", (3, 2), (200, 10, 30))


def kinds(prompt: Prompt) -> list[str]:
    content = chat_messages(prompt)[-1]["content"]
    return [part.get("text") or part["image_url"]["url"][5:15] for part in content]


def test_pictures_stand_in_front_of_a_message_without_marks() -> None:
    assert kinds(Prompt("1", "Which?", images=(PNG, JPEG))) == ["image/png;", "image/jpeg", "Which?"]


def test_pictures_stand_at_their_marks() -> None:
    prompt = Prompt("1", "First <image> then <image>", tail=" which?", images=(PNG, JPEG))

    assert kinds(prompt) == ["First ", "image/png;", " then ", "image/jpeg", " which?"]


def test_a_mark_at_the_edge_leaves_no_empty_text() -> None:
    assert kinds(Prompt("1", "<image>\nWhich?", images=(PNG,))) == ["image/png;", "\nWhich?"]


def test_marks_that_do_not_match_the_pictures_are_a_bad_row() -> None:
    with pytest.raises(BadRow, match="2 <image> marks in the message, 1 pictures"):
        chat_messages(Prompt("1", "<image> <image>", images=(PNG,)))


def test_a_mark_without_pictures_is_plain_text() -> None:
    assert chat_messages(Prompt("1", "the tag <image>")) == [{"role": "user", "content": "the tag <image>"}]
