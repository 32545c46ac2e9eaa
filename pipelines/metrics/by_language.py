"""Accuracy of classifiers trained several times, language by language on the same test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.estimate import Estimate
from pipelines.metrics.labels import Codes
from pipelines.metrics.trainings import (
    Difference,
    Draws,
    accuracies,
    difference,
    draw,
    estimate,
    mean_over_seeds,
)

ENGLISH = "en"


@dataclass(frozen=True)
class LanguageFigure:
    """Accuracy on the rows in `language`, a row without a prediction counting as wrong; `english_minus` is
    None for English and where no row is English."""

    language: str
    rows: int
    accuracy: Estimate
    english_minus: Difference | None


def by_language(
    truth: Codes, predicted: Codes, languages: Sequence[str], groups: NDArray[np.int64]
) -> list[LanguageFigure]:
    """A figure per language that occurs, English first.

    Rows and seeds are drawn together for all languages, so where a group (one picture) is there in each, the
    differences are paired by it.

    Args:
        truth: the human label of each test row.
        predicted: `(seeds, rows)`.
        languages: one code per test row; an empty one belongs to none.
        groups: the number (from 0) of each row's group.
    """
    draws = draw(groups, len(predicted))
    codes = sorted({code for code in languages if code}, key=lambda code: (code != ENGLISH, code))
    inside = {code: np.array([language == code for language in languages]) for code in codes}
    figures = {
        code: mean_over_seeds(accuracies(truth, predicted, _only(draws, here)), draws)
        for code, here in inside.items()
    }
    num_seeds = len(predicted)
    return [
        LanguageFigure(
            code,
            int(inside[code].sum()),
            estimate(figures[code], int(inside[code].sum()), num_seeds),
            difference(figures[ENGLISH], figures[code], int(inside[code].sum()), num_seeds)
            if ENGLISH in figures and code != ENGLISH
            else None,
        )
        for code in codes
    ]


def _only(draws: Draws, rows: NDArray[np.bool_]) -> Draws:
    return replace(draws, rows=draws.rows * rows)
