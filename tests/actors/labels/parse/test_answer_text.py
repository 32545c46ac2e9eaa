"""Answers without markup, and their sentences."""

from actors.labels.parse.answer_text import MAX_CHARACTERS, clean_answer, count_words, split_sentences


def test_markup_and_invisible_characters_go_and_words_stay() -> None:
    text = "## Answer\n> **Not**\u200b `snake_case` <br/> __it__ \ufb01ne\x07"
    assert clean_answer(text) == "Answer\nNot snake_case   it fine"


def test_only_what_follows_the_reasoning_is_an_answer() -> None:
    assert clean_answer("<think>a</think>b<think>c</think> d") == "d"
    assert clean_answer(" <think>never closed") == ""


def test_comparisons_are_no_tags() -> None:
    assert clean_answer("3 < 4 and 5 > 2") == "3 < 4 and 5 > 2"


def test_a_long_answer_is_cut() -> None:
    assert len(clean_answer("ab " * 10_000)) <= MAX_CHARACTERS


def test_sentences_end_at_marks_and_lines_and_not_inside_numbers() -> None:
    text = 'It cost 3.5 million. "Really?" Yes!\n\n- one\n...\n这是喜剧。对。'
    assert split_sentences(text) == [
        "It cost 3.5 million.",
        '"Really?',
        "Yes!",
        "- one",
        "这是喜剧。",
        "对。",
    ]


def test_words_are_counted_with_their_hyphens_and_apostrophes() -> None:
    assert count_words("It isn't a comedy-drama, no.") == 5
