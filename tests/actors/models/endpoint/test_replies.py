from __future__ import annotations

from typing import Any

import pytest

from actors.base import BadRow
from actors.models.endpoint.replies import (
    LONGEST_WAIT_S,
    error_detail,
    message_text,
    parse_reply,
    read_generation,
    span_logprob,
    wait_s,
)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ('{"error": {"message": "no such model", "code": 404}}', "no such model"),
        ('{"error": "no such model"}', "no such model"),
        ('{"detail": [{"loc": ["body", "seed"]}]}', '[{"loc": ["body", "seed"]}]'),
        ('{"code": 7}', '{"code": 7}'),
        ("<html><script>alert(1)</script><p>Bad\n  gateway &lt;eu&gt;</p></html>", "Bad gateway <eu>"),
        ("x" * 500, "x" * 200),
        ("", ""),
    ],
)
def test_the_words_of_an_error_body(body: str, detail: str) -> None:
    assert error_detail(body) == detail


def test_half_an_emoji_of_a_cut_reply_becomes_the_replacement_character() -> None:
    cut = parse_reply('{"text": ["fine \\ud83d\\ude00", "cut \\uD83D"], "\\udc00": 1}')
    assert cut == {"text": ["fine 😀", "cut �"], "�": 1}
    assert error_detail('{"error": {"message": "refused: \\ud83d"}}') == "refused: �"


def test_the_back_off_doubles_and_ends_at_the_longest_wait() -> None:
    for attempt, longest in [(0, 0.5), (1, 1.0), (4, 8.0), (60, LONGEST_WAIT_S)]:
        waits = [wait_s(attempt, 0.5, {}) for _ in range(50)]
        assert longest / 2 <= min(waits) < max(waits) <= longest


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("86400", LONGEST_WAIT_S), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)],
)
def test_retry_after_decides_where_it_is_given(value: str, seconds: float) -> None:
    assert wait_s(0, 0.5, {"Retry-After": value}) == seconds


@pytest.mark.parametrize("value", ["soon", "nan", "-3 days"])
def test_an_unreadable_retry_after_is_passed_over(value: str) -> None:
    assert 0.25 <= wait_s(0, 0.5, {"Retry-After": value}) <= 0.5


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
