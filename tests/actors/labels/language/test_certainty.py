"""How far a sentence stands by a label that it names."""

import pytest

from actors.labels.language.certainty import Certainty, certainty, has_turn, is_taken_back


def sure(sentence: str, label: str, *, turned: bool = False) -> Certainty:
    start = sentence.index(label)
    return certainty(sentence, start, start + len(label), turned=turned)


@pytest.mark.parametrize(
    ("sentence", "label", "expected"),
    [
        ("It is good.", "good", Certainty.FIRM),
        ("Perhaps it is good.", "good", Certainty.GUESS),
        ("It looks good.", "good", Certainty.GUESS),
        ("It looks good, but it rains.", "good", Certainty.NONE),
        ("At first glance, it is good.", "good", Certainty.NONE),
        ("It is good, at first glance.", "good", Certainty.NONE),
        ("At first bad, but now good.", "good", Certainty.FIRM),
        ("It would be good if it were new.", "good", Certainty.NONE),
        ("Had it been new, it would be good.", "good", Certainty.NONE),
        ("It is good, if a little long.", "good", Certainty.FIRM),
        ("Although it is bad, it is good.", "bad", Certainty.NONE),
        ("Although it is bad, it is good.", "good", Certainty.FIRM),
        ("It is good, although it has bad sides.", "good", Certainty.FIRM),
        ("There are good words in it.", "good", Certainty.ASIDE),
        ("il y a des mots bons", "bons", Certainty.ASIDE),
        ("消极的词", "消极", Certainty.ASIDE),
        ("It has elements of a good story.", "good", Certainty.PART),
        ("It is important to note that it is good.", "good", Certainty.GUESS),
        ("Some would say good.", "good", Certainty.NONE),
        ("На первый взгляд плохой", "плохой", Certainty.NONE),
        ("kötü görünmesine rağmen", "kötü", Certainty.NONE),
        ("乍看消极，但总体积极", "积极", Certainty.FIRM),
    ],
)
def test_a_label_is_meant_as_surely_as_its_sentence_says(
    sentence: str, label: str, expected: Certainty
) -> None:
    assert sure(sentence, label) is expected


def test_the_next_sentence_takes_an_appearance_back() -> None:
    assert has_turn("But it is from a friend.") and has_turn("Однако нет.") and not has_turn("It is, but no.")
    assert sure("It looks like spam.", "spam", turned=True) is Certainty.NONE
    assert sure("It is spam.", "spam", turned=True) is Certainty.FIRM


def test_a_concession_is_no_impression() -> None:
    assert not is_taken_back("Although it is bad", 15, 18)
    assert is_taken_back("Initially it is bad", 16, 19)
