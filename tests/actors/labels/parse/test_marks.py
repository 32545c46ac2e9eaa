"""How strongly a sentence marks its answer, and from where on."""

import pytest

from actors.labels.parse.marks import Strength, read_marks


def strongest(sentence: str) -> tuple[str, str] | None:
    marks = read_marks(sentence)
    return (marks[0].strength.name, sentence[marks[0].start :].strip(" ,")) if marks else None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Final answer: good", ("FINAL", "good")),
        ("Final: good", ("FINAL", "good")),
        ("Overall label -> good", ("FINAL", "good")),
        ("Answer: good", ("NAMED", "good")),
        ("Sentiment = good", ("NAMED", "good")),
        ("So the label is good.", ("NAMED", "good.")),
        ("Overall, it is good", ("CONCLUDING", "it is good")),
        ("Bad is wrong, so good", ("CONCLUDING", "good")),
        ("Tone: good", ("STATED", "good")),
        ("Antwort: gut", ("NAMED", "gut")),
        ("Итоговый ответ: да", ("FINAL", "да")),
        ("答案是好", ("NAMED", "好")),
        ("最终答案:好", ("FINAL", "好")),
        ("उत्तर अच्छा है", ("NAMED", "अच्छा है")),
        ("Final Answer", ("FINAL", "")),
        ("It is good.", None),
        ("First answer: bad", None),
        ("Wrong answer: bad", None),
        ("The answer isn't good", None),
        ("Is the answer good?", None),
        ("Reasoning: bad", None),
        ("It was so bad that I left", None),
        ("If the label is bad", None),
    ],
)
def test_a_sentence_is_marked_as_it_says(sentence: str, expected: tuple[str, str] | None) -> None:
    assert strongest(sentence) == expected


def test_what_outranks_what() -> None:
    assert sorted(Strength, reverse=True) == [
        Strength.FINAL,
        Strength.NAMED,
        Strength.CONCLUDING,
        Strength.STATED,
        Strength.PLAIN,
    ]
