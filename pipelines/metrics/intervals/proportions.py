"""95 % intervals of proportions, of differences of proportions, and of anything computed from counts."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Z95, Estimate, undefined


def clustered_share(part: Floats, whole: Floats, groups: NDArray[np.int64]) -> Estimate:
    """`sum(part) / sum(whole)`, a number from 0 to 1, with a 95 % interval that draws whole groups.

    The variance is the ratio estimator's between groups; the interval is Wilson's score interval at the
    number of independent rows that has this variance (Korn and Graubard, "Confidence intervals for
    proportions with small expected number of positive counts", 1998). Where every group agrees, that number
    is the number of groups. With each row its own group and `whole` 1 this is Wilson's interval for one row
    less.

    Args:
        part: of each row, such as 1 where its label is right.
        whole: of each row, such as 1; rows of 0 take no part.
        groups: for each row, the number (from 0) of its group.
    """
    used = whole > 0
    rows, total = int(used.sum()), float(whole.sum())
    if rows == 0:
        return undefined(0, "no rows")
    share = float(part.sum()) / total
    numbers = np.unique(groups[used], return_inverse=True)[1]
    off = np.bincount(numbers, weights=(part - share * whole)[used])
    off[np.abs(off) < 1e-9 * total] = 0.0  # rounding, where every group has the same share
    count = len(off)
    variance = count / (count - 1) * float((off**2).sum()) / total**2 if count > 1 else 0.0
    independent = share * (1 - share) / variance if variance > 0 else float(count)
    low, high = score_interval(share, independent)
    return Estimate(share, low, high, rows)


Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

RESAMPLES = 2000
CELLS_AT_ONCE = 8_000_000  # resampled counts held in memory at a time (64 MB)


def wilson(successes: int, total: int) -> Estimate:
    """A proportion with Wilson's score interval, which stays within 0–1 and has a width at 0 and at 1."""
    if total == 0:
        return undefined(0, "no rows")
    share = successes / total
    return Estimate(share, *score_interval(share, total), total)


def score_interval(share: float, rows: float) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of so many independent rows, not always a whole number of them."""
    shrink = 1 + Z95**2 / rows
    centre = (share + Z95**2 / (2 * rows)) / shrink
    half = Z95 * sqrt(share * (1 - share) / rows + Z95**2 / (4 * rows**2)) / shrink
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def newcombe(first: Estimate, second: Estimate) -> Estimate:
    """`first - second` for two independent estimates, each with its own interval (Newcombe 1998, method 10).

    With Wilson intervals of two proportions this is Newcombe's hybrid score interval.
    """
    rows = first.rows + second.rows
    if not (first.defined and second.defined):
        return undefined(rows, first.note or second.note)
    value, low, high = first.numbers
    other, other_low, other_high = second.numbers
    down = sqrt((value - low) ** 2 + (other_high - other) ** 2)
    up = sqrt((high - value) ** 2 + (other - other_low) ** 2)
    return Estimate(value - other, value - other - down, value - other + up, rows)


def bootstrap(
    counts: Counts, statistic: Callable[[Floats], Floats], *, seed: int = 0, resamples: int = RESAMPLES
) -> Estimate:
    """`statistic` of the cells `counts`, with the percentile interval of a bootstrap over rows.

    Drawing rows with replacement changes only how many fall into each cell, so cells are drawn from one
    multinomial: exact, and as cheap for a million rows as for ten.

    Args:
        counts: rows per cell, any shape.
        statistic: maps counts of shape `(B, *counts.shape)` to `B` figures; NaN where undefined.
    """
    rows = int(counts.sum())
    if rows == 0:
        return undefined(0, "no rows")
    value = float(statistic(counts[None].astype(np.float64))[0])
    if np.isnan(value):
        return undefined(rows, "undefined for these rows")
    figures = _resampled(counts, statistic, seed, resamples)
    figures = figures[~np.isnan(figures)]
    if len(figures) == 0:
        return Estimate(value, None, None, rows, "undefined in every resample")
    low, high = np.quantile(figures, [0.025, 0.975])
    return Estimate(value, float(low), float(high), rows)


def _resampled(counts: Counts, statistic: Callable[[Floats], Floats], seed: int, resamples: int) -> Floats:
    """The statistic of `resamples` bootstrap draws."""
    flat = counts.reshape(-1)
    used = np.flatnonzero(flat)
    rng = np.random.default_rng(seed)
    step = max(1, CELLS_AT_ONCE // flat.size)
    figures = []
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        draws = np.zeros((size, flat.size))
        draws[:, used] = rng.multinomial(flat.sum(), flat[used] / flat.sum(), size=size)
        figures.append(statistic(draws.reshape(size, *counts.shape)))
    return np.concatenate(figures)
