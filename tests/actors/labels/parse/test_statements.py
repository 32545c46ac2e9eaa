"""Which labels a sentence states, as against those it only tells a story with."""

import pytest

from actors.labels.parse.mentions import all_mentions
from actors.labels.parse.statements import is_list, stated_mentions
from actors.prompts.task import load_task

GENRES = load_task("mm_imdb_genres")


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("1. Dark comedy, and a slapstick musical", ["Comedy", "Musical"]),
        ("It is a drama about a family at war.", ["Drama"]),
        ("It is a drama during the war, with musical elements", ["Drama", "Musical"]),
        ("War: the family fights.", ["War"]),
        ("Genre - Drama - War", ["Drama", "War"]),
        ("Thriller (Mystery), Drama (War)", ["Thriller", "Mystery", "Drama", "War"]),
        ("Sport (boxing), Drama (family)", ["Sport", "Drama"]),
        ("Action, because of the war, Drama because of the family", ["Action", "Drama"]),
        ("It tells of a family, and its genre is drama.", ["Drama"]),
        ("Drama is the first genre and the second genre is romance.", ["Drama", "Romance"]),
        ("It also has elements of mystery.", ["Mystery"]),
        ("Drama: yes, as the family fights", ["Drama"]),
        ("The family also takes part in sports.", []),
        ("The main character is a sports hero.", []),
        ("It follows a family through the war.", []),
        ("These genres follow from the war.", []),
    ],
)
def test_what_is_stated_is_told_from_what_the_story_holds(sentence: str, expected: list[str]) -> None:
    found = stated_mentions(sentence, all_mentions(GENRES, sentence))
    assert [mention.label for mention in found] == expected


@pytest.mark.parametrize(
    "sentence", ["Drama, War.", "b) Crime", "The genres are drama and dark comedy", '["War"]']
)
def test_labels_with_the_words_of_a_list_are_one(sentence: str) -> None:
    assert is_list(sentence, all_mentions(GENRES, sentence))


@pytest.mark.parametrize("sentence", ["The family goes to war", "War, he said", "A long history of war"])
def test_labels_among_other_words_are_no_list(sentence: str) -> None:
    assert not is_list(sentence, all_mentions(GENRES, sentence))
