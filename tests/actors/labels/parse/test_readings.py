"""How strongly each sentence of an answer is meant."""

from actors.labels.parse.marks import Strength
from actors.labels.parse.readings import is_bare, read_answer
from actors.prompts.task import Task

MOOD = Task("t", "s", ("good", "bad"), "{document}?")


def strengths(*sentences: str) -> list[tuple[str, str | None]]:
    return [(one.strength.name, one.claim.label) for one in read_answer(MOOD, sentences)]


def test_a_mark_alone_marks_the_next_sentence() -> None:
    assert strengths("It rains.", "Final answer:", "Good") == [
        ("PLAIN", None),
        ("FINAL", None),
        ("FINAL", "good"),
    ]


def test_a_last_line_of_a_label_alone_concludes_unless_it_ends_a_list() -> None:
    assert strengths("It has bad sides.", "Good")[-1] == ("CONCLUDING", "good")
    assert strengths("bad", "good") == [("STATED", "bad"), ("STATED", "good")]
    assert strengths("Good") == [("STATED", "good")]


def test_a_sentence_about_the_whole_text_states_more_than_one_about_a_part() -> None:
    assert strengths("The text is good.", "The end of it is bad.") == [("STATED", "good"), ("PLAIN", "bad")]


def test_a_mark_before_something_else_is_kept_and_gives_no_label() -> None:
    assert strengths("It is good.", "Answer: mixed")[-1] == ("NAMED", None)
    assert strengths("Answer: I think that this text is about a dog.")[-1][0] == "PLAIN"


def test_a_label_with_an_article_or_an_aside_is_bare() -> None:
    for sentence, bare in (("A good one (90 %).", True), ("good service", False), ("good or bad", False)):
        [reading] = read_answer(MOOD, [sentence])
        assert is_bare(sentence, reading.claim) is bare, sentence


def test_readings_keep_the_order_of_the_sentences() -> None:
    assert [one.sentence for one in read_answer(MOOD, ["a", "b", "c"])] == ["a", "b", "c"]
    assert min(Strength) == Strength.PLAIN
