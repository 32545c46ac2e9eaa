"""What rewriting gained, row by row."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import RESAMPLES

YES_NO = ("yes", "no")
WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


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
    words = WORD.findall(text.lower())
    if answer.lower() in YES_NO:
        return words[:1] == [answer.lower()]
    return answer.lower() in words
