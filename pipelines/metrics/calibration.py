"""Calibration: stated probabilities against the share of decisions that are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Floats, score_interval

BINS = 10


@dataclass(frozen=True)
class Bin:
    """Decisions stated with a probability from `low` to `high`, `mean` on average; `share` of them was
    true."""

    low: float
    high: float
    decisions: int
    mean: float
    share: Estimate


@dataclass
class Reliability:
    """A reliability diagram of rows added batch by batch, in memory that does not grow with them.

    A row's decisions, such as yes or no to every label, are not independent: intervals are those of whole
    rows, by the ratio estimator's variance (Korn and Graubard 1998). With one decision per row they are
    Wilson's for one row less.
    """

    sums: Floats = field(default_factory=lambda: np.zeros((7, BINS)))

    def add(self, stated: NDArray[np.floating], true: NDArray[np.bool_]) -> None:
        """Takes probabilities from 0 to 1 and what was true, both `[rows, decisions]`;
        a row with something that is no number is left out."""
        sound = np.isfinite(stated).all(axis=1)
        stated, true = stated[sound], true[sound]
        rows = len(stated)
        place = np.minimum((stated * BINS).astype(np.int64), BINS - 1)
        cell = (np.arange(rows)[:, None] * BINS + place).ravel()

        def per_row(weights: Floats | None) -> Floats:
            sums = np.bincount(cell, weights, minlength=rows * BINS).reshape(rows, BINS)
            return sums.astype(np.float64)

        total, number = per_row(stated.ravel().astype(np.float64)), per_row(None)
        right = per_row(true.ravel().astype(np.float64))
        parts = (number, total, right, right * right, right * number, number * number, number > 0)
        self.sums += np.stack([part.sum(axis=0) for part in parts])

    @property
    def bins(self) -> list[Bin]:
        """The bins that hold a decision."""
        return [_bin(place, *map(float, column)) for place, column in enumerate(self.sums.T) if column[0]]


def expected_calibration_error(bins: Sequence[Bin]) -> float | None:
    """Mean distance between stated probability and true share over all decisions, 0 to 1, or None."""
    total = sum(one.decisions for one in bins)
    if not total:
        return None
    return sum(one.decisions * abs(one.mean - (one.share.value or 0.0)) for one in bins) / total


def _bin(
    place: int, number: float, mean: float, right: float, squares: float, both: float, own: float, rows: float
) -> Bin:
    share = right / number
    off = squares - 2 * share * both + share * share * own
    variance = rows / (rows - 1) * off / number**2 if rows > 1 else 0.0
    independent = share * (1 - share) / variance if variance > 1e-15 else rows
    estimate = Estimate(share, *score_interval(share, independent), int(rows))
    return Bin(place / BINS, (place + 1) / BINS, int(number), mean / number, estimate)
