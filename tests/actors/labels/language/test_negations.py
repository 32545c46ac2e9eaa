"""What a sentence denies: in English by reach, in other languages by clause."""

import pytest

from actors.labels.language.negations import clause_around, is_far_denied, is_half_denied, is_negated


def place(sentence: str, label: str) -> tuple[int, int]:
    start = sentence.index(label)
    return start, start + len(label)


@pytest.mark.parametrize(
    ("sentence", "label", "clause"),
    [
        ("Bad, but good, I say", "good", "but good"),
        ("不是积极，而是消极", "消极", "而是消极"),
        ("Не думаю, что он хороший", "хороший", "Не думаю, что он хороший"),  # no clause of its own
        ("iyi değil kötü", "kötü", " kötü"),
        ("gut und nicht schlecht", "gut", "gut "),
    ],
)
def test_a_clause_ends_at_marks_turns_and_negations_that_follow(
    sentence: str, label: str, clause: str
) -> None:
    first, last = clause_around(sentence, *place(sentence, label))
    assert sentence[first:last].strip(" ,") == clause.strip()


@pytest.mark.parametrize(
    ("sentence", "label", "negated"),
    [
        ("not really a good one", "good", True),
        ("not only good", "good", False),
        ("without a doubt good", "good", False),
        ("I don't think that the tone of this whole text is good", "good", True),
        ("There is no sign of a good end", "good", True),
        ("It is not bad and it is good", "good", False),
        ("nada bueno", "bueno", True),
        ("bueno y no malo", "bueno", False),
        ("не только хороший", "хороший", False),
        ("非常好", "好", False),
        ("这个不合格", "不合格", False),  # what is part of the name denies nothing
        ("ni bon ni mauvais", "mauvais", True),
        ("ni chanya", "chanya", False),  # Swahili for "is"
        ("iyi değil", "iyi", True),
        ("अच्छा नहीं है", "अच्छा", True),
    ],
)
def test_a_negation_reaches_what_it_denies(sentence: str, label: str, negated: bool) -> None:
    span = place(sentence, label)
    assert is_negated(sentence, *span, (span,)) is negated


def test_half_a_negation_and_a_double_one_say_neither() -> None:
    for sentence in ("not necessarily good", "I cannot say it isn't good", "n't always good"):
        assert is_half_denied(sentence, *place(sentence, "good"))
    assert not is_half_denied("not good", 4, 8)


def test_a_negation_far_away_in_the_clause_is_seen() -> None:
    far = "It does not by any stretch of the widest imagination amount to good"
    assert is_far_denied(far, *place(far, "good"))
    assert not is_far_denied("It does not rain and it is good", 27, 31)
