"""Means and their 95 % intervals."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate, undefined


def mean_estimate(values: NDArray[np.float64]) -> Estimate:
    """The mean with Student's interval; of differences of pairs it is the paired t interval."""
    from scipy.stats import t

    rows = len(values)
    if rows == 0:
        return undefined(0, "no rows")
    mean = float(values.mean())
    if rows == 1:
        return Estimate(mean, None, None, 1, "one row")
    half = float(t.ppf(0.975, rows - 1)) * float(values.std(ddof=1)) / sqrt(rows)
    return Estimate(mean, mean - half, mean + half, rows)
