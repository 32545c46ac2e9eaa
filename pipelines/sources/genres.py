"""The drama and comedy part of MM-IMDB's 23 genres."""

from __future__ import annotations

from collections.abc import Iterable

LABELS = ("drama", "comedy", "both")


def genre_label(genres: Iterable[str]) -> str | None:
    """`drama`, `comedy` or `both`; None for a film that is neither and so no row of the task."""
    named = {genre.casefold() for genre in genres}
    if {"drama", "comedy"} <= named:
        return "both"
    return next((label for label in ("drama", "comedy") if label in named), None)
