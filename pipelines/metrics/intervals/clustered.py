"""Shares of rows that come in groups, such as the captions of one picture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import Floats, score_interval


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
