"""Where a sentence names a label, and where it names one to deny it."""

import pytest

from actors.labels.parse.mentions import all_mentions, find_mentions
from actors.prompts.task import Task, load_task

GENRES = load_task("mm_imdb_genres")
XNLI = load_task("xnli")


def test_a_mention_inside_a_longer_one_of_its_label_is_no_second_one() -> None:
    found = all_mentions(GENRES, "a short film, a film noir")
    assert [(mention.label, mention.start, mention.end) for mention in found] == [
        ("Short", 2, 12),
        ("Film-Noir", 16, 25),
    ]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("a comedy and a drama", ["Comedy", "Drama"]),
        ("not a comedy, a drama", ["Drama"]),
        ("isn't really much of a comedy", []),
        ("a drama rather than a comedy", ["Drama"]),
        ("not only a comedy", ["Comedy"]),
        ("not good but a comedy", ["Comedy"]),
        ("no, a comedy", ["Comedy"]),
        ("not a very good example of comedy", []),  # five words between
        ("not in the least what people call comedy", ["Comedy"]),  # six
        ("I don't think that the genre of this whole film is comedy", []),
    ],
)
def test_a_label_behind_a_negation_is_not_named(sentence: str, expected: list[str]) -> None:
    assert [mention.label for mention in find_mentions(GENRES, sentence)] == expected


def test_negated_labels_are_all_mentions_too() -> None:
    sentence = "not a comedy, a drama"
    assert [mention.label for mention in all_mentions(GENRES, sentence)] == ["Comedy", "Drama"]


def test_a_stem_is_a_mention_to_the_end_of_its_word() -> None:
    [mention] = find_mentions(XNLI, "It contradicts the premise.")
    assert (mention.label, mention.start, mention.end) == ("contradiction", 3, 14)


def test_a_label_inside_a_longer_one_is_no_mention() -> None:
    task = Task("t", "s", ("good", "not good"), "{document}?", negatives_first=("not good",))
    assert [mention.label for mention in find_mentions(task, "not good")] == ["not good"]
    assert [mention.label for mention in find_mentions(task, "not good, good")] == ["not good", "good"]
