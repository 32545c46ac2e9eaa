"""Questions that an answer puts to itself."""

import pytest

from actors.labels.parse.questions import answer_questions
from actors.prompts.task import Task, load_task

MOOD = Task("t", "s", ("good", "bad"), "{document}?")
PAIR = Task("t", "s", ("good", "not good"), "{document}?")


@pytest.mark.parametrize(
    ("sentences", "expected"),
    [
        (["Is it good?", "Yes."], ["good"]),
        (["Is it good?", "No."], []),
        (["Is it good?", "No, it is bad."], ["No, it is bad."]),
        (["Good?", "Absolutely not."], []),
        (["Is it good?", "It rains."], ["Is it good?", "It rains."]),
        (["Is it raining?", "No."], ["Is it raining?", "No."]),
    ],
)
def test_a_yes_is_a_statement_and_a_no_takes_the_question_away(
    sentences: list[str], expected: list[str]
) -> None:
    assert answer_questions(MOOD, sentences) == expected


@pytest.mark.parametrize("no", ["Нет.", "No.", "不,", "لا", "नहीं।", "Hayır.", "Không.", "Hapana."])
def test_a_no_is_known_in_other_languages(no: str) -> None:
    assert answer_questions(MOOD, ["good?", no]) == []


def test_a_no_to_a_label_gives_its_negation() -> None:
    assert answer_questions(PAIR, ["Is it good?", "No."]) == ["not good"]


def test_a_verdict_that_is_a_label_stays() -> None:
    assert answer_questions(load_task("easy_vqa"), ["Is it red?", "Yes."]) == ["Is it red?", "Yes."]
