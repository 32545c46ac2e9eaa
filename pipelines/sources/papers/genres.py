"""What MM-IMDB's genres say in a task: drama, comedy or both, or each of 23 genres by itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from actors.base import BadRow
from actors.prompts.task import Task
from pipelines.sources.source import StudySplits
from pipelines.sources.tables.records import MISSING_FIELD, UNKNOWN_LABEL

LABELS = ("drama", "comedy", "both")
# Arevalo et al. 2017; names and order as in the published MMBT code.
GENRES = (
    "Crime", "Drama", "Thriller", "Action", "Comedy", "Romance", "Documentary", "Short", "Mystery", "History",
    "Family", "Adventure", "Fantasy", "Sci-Fi", "Western", "Horror", "Sport", "War", "Music", "Musical",
    "Animation", "Biography", "Film-Noir",
)  # fmt: skip
SPLITS = StudySplits("train", None, "dev", several=StudySplits("train", "dev", "test"))
LEFT_OUT = "News"  # MMBT trains and tests without these films


def human_columns(task: Task, genres: Iterable[str]) -> dict[str, Any] | None:
    """`human_label` or, for a task of many labels, `human_labels`; None for a film that is no row of it.

    Raises:
        BadRow: missing_field (no genre at all) or unknown_label, for a task of many labels.
    """
    name, read = ("human_labels", genre_list) if task.multi_label else ("human_label", genre_label)
    value = read(genres)
    return None if value is None else {name: value}


def genre_label(genres: Iterable[str]) -> str | None:
    """`drama`, `comedy` or `both`; None for a film that is neither and so no row of the task."""
    named = {genre.casefold() for genre in genres}
    if {"drama", "comedy"} <= named:
        return "both"
    return next((label for label in ("drama", "comedy") if label in named), None)


def genre_list(genres: Iterable[str]) -> list[str] | None:
    """The genres in the order of `GENRES`, each once; None for a film with the genre News.

    Raises:
        BadRow: missing_field for a film without genres, unknown_label for a genre that is none of the 23.
    """
    named = {genre.strip().casefold(): genre for genre in genres}
    if LEFT_OUT.casefold() in named:
        return None
    if not named:
        raise BadRow(MISSING_FIELD, "the film has no genre")
    known = {genre.casefold() for genre in GENRES}
    unknown = [genre for folded, genre in named.items() if folded not in known]
    if unknown:
        raise BadRow(UNKNOWN_LABEL, f"genres {unknown!r:.100} are none of the 23")
    return [genre for genre in GENRES if genre.casefold() in named]


def check_genre_labels(task: Task) -> None:
    """Raises ValueError unless the labels of the task are drama, comedy and both, or the 23 genres."""
    labels, name = (GENRES, "mm_imdb_genres") if task.multi_label else (LABELS, "mm_imdb")
    missing = [label for label in labels if label not in task.labels]
    if missing:
        raise ValueError(
            f"task {task.name!r} has no labels {missing}; MM-IMDB is read as {list(labels)}: use task {name}"
        )
