"""The gain from rewriting, as means over paired rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from actors.word_breaks import bare_words
from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import RESAMPLES, Floats

YES_NO = ("yes", "no")


def mean_estimate(values: Floats) -> Estimate:
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


def mean_gain(after: Sequence[float], before: Sequence[float], *, seed: int = 0) -> Estimate:
    """Mean of `after - before` over paired rows, with the percentile interval of a bootstrap over rows."""
    gains = np.asarray(after, dtype=np.float64) - np.asarray(before, dtype=np.float64)
    if not len(gains):
        return undefined(0, "no rows")
    rng = np.random.default_rng(seed)
    means = [gains[rng.integers(len(gains), size=len(gains))].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(gains.mean()), float(low), float(high), len(gains))


def names_answer(text: str, answer: str) -> bool:
    """Whether `text` gives the one-word `answer`: as its first word for yes and no, anywhere for others."""
    words = bare_words(text)
    if answer.lower() in YES_NO:
        return words[:1] == [answer.lower()]
    return answer.lower() in words
