"""Patterns are compiled once, ignore case, and unsafe ones never get as far as an answer."""

import pytest

from actors.prompts.patterns import REFUSALS, compile_pattern, word_pattern


def test_a_label_matches_as_whole_words_in_any_spacing_and_case() -> None:
    pattern = compile_pattern(word_pattern("not hateful"))
    assert all(
        pattern.search(text) for text in ("Not Hateful.", "NOT_HATEFUL", "not-hateful", "is not  hateful")
    )
    assert not any(pattern.search(text) for text in ("hateful", "knot hateful", "not hatefully"))


@pytest.mark.parametrize("pattern", [r"(", r"[a-", r"*a", r"(?P<x", r"a{99999999999}"])
def test_what_does_not_compile_is_refused_with_the_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="not a regular expression"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"", r"a*", r"(?:yes)?", r"^"])
def test_a_pattern_that_matches_nothing_at_all_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="matches an empty text"):
        compile_pattern(pattern)


@pytest.mark.parametrize(
    "pattern", [r"(a+)+b", r"(?:\w+\s*)+!", r"x(?:(?:a|b*)c)*", r"((?=a+b)a)*c", r"(a+?)+?b"]
)
def test_nested_unlimited_repeats_are_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="may never finish"):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"(?:\w+ ){0,4}no", r"a+b+", r"(?:ab){2,}", r"yes.*sir"])
def test_repeats_with_a_limit_and_repeats_in_a_row_are_fine(pattern: str) -> None:
    assert compile_pattern(pattern) is compile_pattern(pattern)


def test_refusals_are_safe_patterns_that_leave_stories_alone() -> None:
    patterns = [compile_pattern(pattern) for pattern in REFUSALS]
    story = "A spy of unknown origin cannot tell his wife that it was not possible to come home."
    assert not any(pattern.search(story) for pattern in patterns)
    declined = (
        "I am unable to determine this",
        "I don't have enough information",
        "It is unclear.",
        "Unknown",
    )
    assert all(any(pattern.search(text) for pattern in patterns) for text in declined)
