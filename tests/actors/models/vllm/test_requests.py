from __future__ import annotations

import io

import pytest
from PIL import Image
from tiny_flamingo import tiny_tokenizer

from actors.base import BadRow
from actors.models.decoding.tokens import PromptTokens
from actors.models.text_generator import Prompt
from actors.models.vllm.requests import RequestReader, VllmRequest

CONTEXT = 40


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(buffer, "PNG")
    return buffer.getvalue()


def reader(*, marks: bool = True, picture_tokens: int = 1) -> RequestReader:
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens(["[IMG]"], special_tokens=True)
    token = tokenizer.convert_tokens_to_ids("[IMG]") if marks else None
    return RequestReader(PromptTokens(tokenizer, CONTEXT), token, picture_tokens)


def test_the_models_own_token_stands_where_the_prompt_marks_a_picture() -> None:
    model = reader()
    request = model.read(Prompt("1", "see <image> here", images=(png(),)), 0)
    assert isinstance(request, VllmRequest)
    assert request.fit.text == "see [IMG] here"
    assert request.fit.ids.count(model.image_token) == 1
    vllm = request.followed_by([1, 2])
    assert vllm["prompt_token_ids"] == [*request.fit.ids, 1, 2]
    assert [image.size for image in vllm["multi_modal_data"]["image"]] == [(4, 4)]


def test_unmarked_pictures_stand_in_front() -> None:
    request = reader().read(Prompt("1", "what", images=(png(), png())), 0)
    assert isinstance(request, VllmRequest) and request.fit.text == "[IMG][IMG]\nwhat"


def test_a_model_that_places_pictures_itself_gets_no_marks() -> None:
    request = reader(marks=False).read(Prompt("1", "see <image> here", images=(png(),)), 0)
    assert isinstance(request, VllmRequest) and request.fit.text == "see  here"


def test_a_text_without_pictures_keeps_its_marks_and_sends_none() -> None:
    request = reader().read(Prompt("1", "the word <image>"), 0)
    assert isinstance(request, VllmRequest) and request.fit.text == "the word <image>"
    assert request.followed_by() == {"prompt_token_ids": request.fit.ids}


def test_pictures_take_their_positions_from_document_and_answer() -> None:
    model = reader(picture_tokens=10)
    request = model.read(Prompt("1", "x" * 60, images=(png(),)), reserve=5)
    assert isinstance(request, VllmRequest)
    assert len(request.fit.ids) + 9 + 5 == CONTEXT
    assert model.room(request) == 5


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (Prompt("1", "<image>", images=(b"no picture",)), "unreadable_image"),
        (Prompt("1", "<image> and <image>", images=(png(),)), "image_marks"),
        (Prompt("1", "x" * 60 + "<image>", images=(png(),)), "image_marks"),
        (Prompt("1", "a", head="h" * 50), "too_long"),
    ],
)
def test_what_cannot_be_sent_is_a_bad_row(prompt: Prompt, reason: str) -> None:
    bad = reader().read(prompt, 0)
    assert isinstance(bad, BadRow) and bad.reason == reason
