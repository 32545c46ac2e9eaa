"""Of which kind an answer without a label is."""

import pytest

from actors.labels.parse.unanswered import (
    ANSWER_KINDS,
    refuses,
    repeats_prompt,
    why_empty,
    why_unanswered,
)
from actors.prompts.task import load_task

GENRES = load_task("mm_imdb")  # drama, comedy or both


@pytest.mark.parametrize(
    ("text", "finish_reason", "kind"),
    [
        ("", "stop", "empty"),
        ("", "length", "empty"),
        ("<think>It may be", "length", "cut_off"),
        ("<think>It may be", "stop", "empty"),
        ("<think>It may be", "content_filter", "refused"),
    ],
)
def test_an_answer_of_nothing_says_why(text: str, finish_reason: str, kind: str) -> None:
    assert why_empty(text, finish_reason) == kind


@pytest.mark.parametrize(
    ("sentences", "echoes", "finish_reason", "kind"),
    [
        (["I cannot say."], 0, "length", "refused"),
        (["He goes home."], 0, "content_filter", "refused"),
        (["He goes home."], 0, "length", "cut_off"),
        (["Options: drama, comedy or both."], 1, "stop", "ambiguous"),
        (["Identify the genre of this movie?"], 1, "stop", "unparsed"),
        (["Western"], 0, "stop", "off_list"),
        (["Abcdefghijklmnopqrst Abcdefghijklmnopqrstuvwxyz"], 0, "stop", "unparsed"),
        (["Here the genre would be western, I think."], 0, "stop", "off_list"),
        (["He goes home to his wife."], 0, "stop", "unparsed"),
    ],
)
def test_what_is_written_says_of_which_kind_it_is(
    sentences: list[str], echoes: int, finish_reason: str, kind: str
) -> None:
    found = why_unanswered(GENRES, sentences, sentences[echoes:], finish_reason)
    assert found == kind and found in ANSWER_KINDS


def test_words_of_the_prompt_are_told_from_a_models_own() -> None:
    assert repeats_prompt(GENRES, "Provide  short ANSWERS")
    assert not repeats_prompt(GENRES, "drama")  # one word may be the answer
    assert not repeats_prompt(GENRES, "the plot of this movie")


def test_one_sentence_that_declines_is_enough() -> None:
    assert refuses(GENRES, ["A man goes home.", "I'm sorry."])
    assert not refuses(GENRES, ["A man cannot tell his wife.", "She is sorry."])
