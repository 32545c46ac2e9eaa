"""Where the language model's impolite version ends, and when there is none."""

from __future__ import annotations

import pytest

from actors.distortion.llm_answer import overlap, read_answer
from actors.models.text_generator import Generation
from actors.prompts.distortion import distortion_prompt

POLITE = "Yes, there are two dogs in the picture."
LEAD = distortion_prompt().lead(None)


def said(text: str, finish: str = "stop", *, quote_open: bool = True) -> tuple[str | None, str | None]:
    answer = Generation(text, finish, prompt_tokens=9, new_tokens=4, logprob=None)
    read = read_answer(answer, "How many dogs?", POLITE, quote_open=quote_open)
    return read.text, read.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('two dogs" and more', "two dogs"),
        ("two dogs” and more", "two dogs"),
        ("two dogs\n### Human: what", "two dogs"),
        (" two dogs \n", "two dogs"),
        ("YES, THERE ARE TWO DOGS IN THE PICTURE.", "YES, THERE ARE TWO DOGS IN THE PICTURE."),
    ],
)
def test_the_text_ends_at_the_quotation_mark_the_next_turn_or_the_models_end(
    text: str, expected: str
) -> None:
    assert said(text) == (expected, None)


@pytest.mark.parametrize(
    ("text", "finish", "reason"),
    [
        ("two dogs and so on and", "length", "distortion_unfinished"),
        ('" two', "stop", "distortion_empty"),
        ("", "stop", "distortion_empty"),
        ("...", "stop", "distortion_empty"),
        (POLITE, "stop", "distortion_unchanged"),
        ("How many  dogs?", "stop", "distortion_unchanged"),
    ],
)
def test_no_end_no_words_and_repetition_are_drops_with_a_reason(text: str, finish: str, reason: str) -> None:
    assert said(text, finish) == (None, reason)


def test_an_end_before_the_token_limit_counts() -> None:
    assert said('two dogs" and then it went on', "length") == ("two dogs", None)


@pytest.mark.parametrize(
    "text", ["two dogs", '"two dogs"', "“two dogs”", f'{LEAD}\n\n"two dogs"', f"{LEAD} two dogs"]
)
def test_an_endpoint_may_begin_with_the_requested_words_or_not(text: str) -> None:
    assert said(text, quote_open=False) == ("two dogs", None)


def test_overlap_is_the_share_of_words_that_the_source_has_numbers_in_either_spelling() -> None:
    assert overlap("2 dogs", POLITE) == 1.0
    assert overlap("two cats", POLITE) == 0.5
    assert overlap("...", POLITE) is None
