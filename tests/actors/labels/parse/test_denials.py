"""Which of the labels that a sentence names it gives."""

import pytest

from actors.labels.parse.denials import affirmed_mentions, announces_exclusions, read_verdicts
from actors.labels.parse.mentions import all_mentions
from actors.prompts.task import load_task

GENRES = load_task("mm_imdb_genres")


def given(sentence: str) -> list[str]:
    return [mention.label for mention in affirmed_mentions(GENRES, sentence)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Drama: yes, Comedy: no", {0: True, 1: False}),
        ("Romantic comedy: no", {0: False, 1: False}),
        ("Drama, Comedy: no", {1: False}),
        ("Drama: no one is safe", {}),
        ("Comedy - no drama", {}),
        ("1. Drama 2. War", {}),
        ("Drama: 0.9, Comedy: 0.2", {1: False}),
        ("✓ Drama, War ✗ Comedy", {0: True, 1: True, 2: False}),
        ("Drama [x], Comedy [ ]", {0: True, 1: False}),
        ("no label here", {}),
    ],
)
def test_verdicts_are_read_by_the_labels_they_stand_with(sentence: str, expected: dict[int, bool]) -> None:
    assert read_verdicts(sentence, all_mentions(GENRES, sentence)) == expected


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("not a comedy drama, a western or a rom-com, but a war film", ["War"]),
        ("no comedy in this drama", ["Drama"]),
        ("excluding comedy, horror and war, a drama", []),
        ("none of them except drama", ["Drama"]),
        ("Drama is fine, but comedy and war don't apply", ["Drama"]),
        ("Drama, comedy does not apply", ["Drama"]),
        ("This drama is not just about war", ["Drama", "War"]),
        ("Not a comedy: Drama", ["Drama"]),
        ("Included: Drama, Excluded: War, Sport", ["Drama"]),
        ("Drama (not: War, Sport), Music", ["Drama", "Music"]),
    ],
)
def test_what_is_denied_or_excluded_is_not_given(sentence: str, expected: list[str]) -> None:
    assert given(sentence) == expected


def test_a_heading_over_excluded_labels_is_told_from_others() -> None:
    assert announces_exclusions("The following genres do not apply:")
    assert announces_exclusions("Excluded")
    assert not announces_exclusions("Included:")
    assert not announces_exclusions("I do not have the plot, but here are the genres:")
    assert not announces_exclusions("It is not easy.")
