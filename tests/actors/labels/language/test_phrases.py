"""Which words of which kind a text holds, in any language."""

import pytest

from actors.labels.language.phrases import find_phrases, languages

XNLI = {"en", "fr", "es", "de", "el", "bg", "ru", "tr", "ar", "vi", "th", "zh", "hi", "sw", "ur"}
KINDS = {
    "not", "not_end", "allows", "but", "although", "although_end", "first", "if", "maybe", "seems", "overall",
    "answer", "subject", "final", "is", "words",
}  # fmt: skip


def words(kind: str, text: str) -> list[str]:
    return [text[start:end] for start, end in find_phrases(text)[kind]]


def test_every_language_of_xnli_is_there_with_lists_of_known_kinds() -> None:
    assert set(languages()) >= XNLI
    assert {kind for lists in languages().values() for kind in lists} == KINDS
    for name in XNLI:
        needed = {"but", "although", "first", "if", "maybe", "seems", "overall", "answer", "final", "is"}
        assert needed | ({"not"} if name != "en" else set()) <= set(languages()[name]), name


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("not", "Это не так, НЕ так", ["не", "НЕ"]),
        ("not", "Неверно, негатив", []),  # whole words alone
        ("not", "ce n'est pas, il n’a", ["n'", "pas", "n’"]),
        ("not", "wird keinesfalls, keiner", ["keinesfalls", "keiner"]),
        ("not", "وليس إيجابيا", ["وليس"]),  # "and" is written as part of the word
        ("not", "यह नहीं", ["नहीं"]),
        ("not", "这不是", ["不"]),
        ("not", "anlaşılmıyor", ["mıyor"]),
        ("not_end", "olumlu DEĞİL", ["DEĞİL"]),
        ("first", "AT  FIRST it was", ["AT  FIRST"]),
        ("first", "the mistake was taken for it", []),
        ("but", "butter, but", ["but"]),
        ("answer", "คำตอบคือ", ["คำตอบ"]),
    ],
)
def test_words_are_found_whatever_their_case_and_script(kind: str, text: str, expected: list[str]) -> None:
    assert words(kind, text) == expected


def test_a_stem_takes_any_letters_behind_it() -> None:
    assert words("final", "окончательный ответ") == ["окончательный"]
