"""Words and their borders in scripts with and without spaces."""

import re

import pytest

from actors.word_breaks import (
    bare_words,
    combining_marks,
    is_unspaced,
    plain_letters,
    split_words,
    word_borders,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It isn't well-known - ok.", ["It", "isn't", "well-known", "-", "ok."]),  # as between spaces
        ("两只猫在睡觉。", ["两", "只", "猫", "在", "睡觉"]),
        ("แมวนอน", ["แมว", "นอน"]),
        ("猫 and 狗", ["猫", "and", "狗"]),
        ("यह सकारात्मक है", ["यह", "सकारात्मक", "है"]),
        ("。。。", ["。。。"]),
        ("", []),
    ],
)
def test_words_are_those_between_spaces_or_of_a_dictionary(text: str, words: list[str]) -> None:
    assert split_words(text) == words


def test_words_alone_have_no_marks_and_no_case() -> None:
    assert bare_words("It’s „Über“ 两只猫! नहीं।") == ["it", "s", "über", "两", "只", "猫", "नहीं"]


def test_a_letter_beyond_the_first_plane_shifts_no_border() -> None:
    assert {2, 3, 4, 5} <= word_borders("😀😀猫和狗")
    assert word_borders("หลบหนี").isdisjoint({1, 2})  # "ลบ" is no word in it


def test_vowel_signs_are_part_of_a_word() -> None:
    assert re.fullmatch(rf"[\w{combining_marks()}]+", "नहीं") and not re.fullmatch(r"\w+", "नहीं")


def test_letters_are_made_plain() -> None:
    assert plain_letters("إِيجَابِيّ ــ ｆｕｌｌ כָּל") == "إيجابي  full כל"
    assert plain_letters("คำ") == "คำ"  # NFKC would take it apart


def test_scripts_without_spaces_are_known() -> None:
    assert [is_unspaced(text) for text in ("猫", "แมว", "ねこ", "고양이", "кот", "cat")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip
