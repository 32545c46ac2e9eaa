"""A label's word in the forms that its language gives it."""

import pytest

from actors.prompts.patterns import compile_pattern, word_pattern


@pytest.mark.parametrize(
    ("label", "found", "not_found"),
    [
        ("positive", ["positive", "POSITIVE."], ["positively", "seropositive"]),
        ("положительный", ["положительная", "положительным", "положителен"], ["неположительный"]),
        ("положителен", ["положителна", "положителният"], ["положим"]),
        ("спорт", ["спорта", "спорте"], ["спортивный", "транспорт"]),
        ("θετικός", ["θετική", "ΘΕΤΙΚΌ"], ["αντιθετικός"]),
        ("إيجابي", ["الإيجابي", "بإيجابية", "ايجابيا", "وإيجابي"], ["إيجابيتها"]),
        ("positif", ["positive", "positifs"], ["positivité"]),
        ("positivo", ["positiva", "positivos"], ["positividad"]),
        ("positiv", ["positiver", "positives"], ["positivismus"]),
        ("olumlu", ["olumludur"], ["olumsuz"]),
        ("긍정", ["긍정적입니다", "긍정이다"], ["비긍정"]),
        ("कम", ["कम है"], ["कमी", "अधिकम"]),
        ("积极", ["是积极的"], ["消极"]),
        ("中", ["答案 中。"], ["中国"]),
        ("Sci-Fi", ["sci fi", "SCI_FI"], ["sci-fiction"]),
        ("إِيجَابِيّ", ["إيجابي"], []),
        ("คำ", ["คํา".replace("\u0e4d\u0e32", "\u0e33")], ["คน"]),
    ],
)
def test_a_word_is_found_in_its_forms_and_not_in_others(
    label: str, found: list[str], not_found: list[str]
) -> None:
    pattern = compile_pattern(word_pattern(label))
    assert [text for text in found if not pattern.search(text)] == []
    assert [text for text in not_found if pattern.search(text)] == []


def test_an_english_label_has_no_forms() -> None:
    assert word_pattern("not hateful") == r"(?<!\w)not[\s_-]+hateful(?!\w)"
