from __future__ import annotations

from typing import Any

import pytest

from actors.base import BadRow
from actors.models.endpoint.chat_replies import message_text, read_generation, span_logprob


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "yes"}, "yes"),
        ({"content": [{"type": "text", "text": "ye"}, {"type": "text", "text": "s"}, "odd"]}, "yes"),
        ({"content": None, "refusal": "I cannot help with that."}, "I cannot help with that."),
        ({"content": None}, ""),
        ({}, ""),
    ],
)
def test_the_words_of_an_answer(message: dict[str, Any], text: str) -> None:
    assert message_text(message) == text


@pytest.mark.parametrize("reply", [{}, {"choices": []}, {"choices": ["x"]}, {"choices": [{"text": "x"}]}])
def test_a_reply_without_a_message_is_a_bad_row(reply: dict[str, Any]) -> None:
    with pytest.raises(BadRow, match="bad_response"):
        read_generation(reply)


@pytest.mark.parametrize(
    "message", [{"content": 5}, {"content": {"text": "x"}}, {"content": [{"text": 5}]}, {"refusal": ["no"]}]
)
def test_words_that_are_no_string_are_a_bad_row(message: dict[str, Any]) -> None:
    with pytest.raises(BadRow, match="bad_response"):
        message_text(message)


@pytest.mark.parametrize(
    "surprise",
    [
        {"choices": [{"message": {"content": "x"}, "finish_reason": 5}]},
        {"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 2**40}},
        {"choices": [{"message": {"content": "x"}}], "usage": {"completion_tokens": float("inf")}},
    ],
)
def test_values_that_no_column_can_hold_are_a_bad_row(surprise: dict[str, Any]) -> None:
    with pytest.raises(BadRow, match="bad_response"):
        read_generation(surprise)


def test_the_logprob_of_a_part_counts_the_tokens_that_touch_it() -> None:
    tokens = [('{"', -1.0), ("a", -2.0), ('":"dr', -4.0), ("ama", -8.0), ('"}', -16.0)]
    choice = {"logprobs": {"content": [{"token": token, "logprob": score} for token, score in tokens]}}

    assert span_logprob(choice) == -31.0
    assert span_logprob(choice, inside="drama") == -12.0
    assert span_logprob(choice, inside="comedy") is None
    assert span_logprob({}) is None
