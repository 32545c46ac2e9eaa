"""What a film's genres say in the two tasks."""

from __future__ import annotations

import pytest

from actors.base import BadRow
from actors.prompts.task import Task, load_task
from pipelines.schema import LABEL_COLUMNS, MULTI_LABEL_COLUMNS
from pipelines.sources.papers.genres import (
    GENRES,
    check_genre_labels,
    genre_label,
    genre_list,
    human_columns,
)
from pipelines.sources.tables.label_cells import label_columns

TASK, ALL_GENRES = load_task("mm_imdb"), load_task("mm_imdb_genres")


def test_the_subset_rule_counts_as_the_paper_does() -> None:
    dev = 1073 * [("Drama",)] + 545 * [("Comedy", "War")] + 328 * [("Drama", "Comedy")] + 662 * [("War",)]
    labels = [genre_label(genres) for genres in dev]
    assert len(dev) == 2608
    assert sum(label is not None for label in labels) == 1946


def test_the_23_genres_are_those_of_the_task() -> None:
    assert ALL_GENRES.labels == GENRES and len(set(GENRES)) == 23
    assert genre_list(reversed(GENRES)) == list(GENRES)


@pytest.mark.parametrize(
    ("genres", "one", "several"),
    [
        (("War", "drama"), {"human_label": "drama"}, {"human_labels": ["Drama", "War"]}),
        (("Comedy", "Drama"), {"human_label": "both"}, {"human_labels": ["Drama", "Comedy"]}),
        (("War",), None, {"human_labels": ["War"]}),
        (("Drama", "News"), {"human_label": "drama"}, None),
    ],
)
def test_a_film_is_a_row_of_one_task_and_perhaps_of_the_other(
    genres: tuple[str, ...], one: object, several: object
) -> None:
    assert human_columns(TASK, genres) == one
    assert human_columns(ALL_GENRES, genres) == several
    assert label_columns(TASK) is LABEL_COLUMNS and label_columns(ALL_GENRES) is MULTI_LABEL_COLUMNS


def test_a_film_without_genres_or_with_a_strange_one_is_a_bad_row() -> None:
    for genres, reason in (((), "missing_field"), (("Drama", "Adult"), "unknown_label")):
        with pytest.raises(BadRow) as caught:
            genre_list(genres)
        assert caught.value.reason == reason


def test_a_task_with_other_labels_is_refused() -> None:
    check_genre_labels(TASK)
    with pytest.raises(ValueError, match=r"no labels \['comedy', 'both'\].*use task mm_imdb$"):
        check_genre_labels(Task("mine", "s", ("drama", "war"), "{document}?"))
