"""The number of human labels that train as good a classifier as other labels do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.metrics.intervals.proportions import Floats


@dataclass(frozen=True)
class Worth:
    """A number of human labels with its 95 % interval, read off the curve from `smallest` to `largest`.

    None stands for "beyond the curve": `value` or `low` None means fewer than `smallest` when `below` names
    it, else more than `largest`.
    """

    value: float | None
    low: float | None
    high: float | None
    smallest: int
    largest: int
    below: tuple[str, ...] = ()

    def words(self) -> str:
        """`about 120 human labels (60 to more than 400)`."""
        if self.low is None and self.high is None and ("low" in self.below) == ("high" in self.below):
            return f"{self._end('value', self.value)} human labels"
        about = "about " if self.value is not None else ""
        interval = f"{self._end('low', self.low)} to {self._end('high', self.high)}"
        return f"{about}{self._end('value', self.value)} human labels ({interval})"

    def _end(self, name: str, number: float | None) -> str:
        if number is not None:
            return f"{round(number):,}"
        return f"fewer than {self.smallest:,}" if name in self.below else f"more than {self.largest:,}"


def worth(sizes: Sequence[int], curve: Floats, figures: Floats) -> Worth:
    """Where the curve of human labels reaches the figures of another label source, under the same draws.

    In every draw the curve is made rising (isotonic least squares) and read between its points on a
    logarithmic scale of labels; the interval is that of the draws.

    Args:
        sizes: numbers of human labels, rising.
        curve: `(draws, sizes)` figures of the classifiers trained on them, the first draw the value.
        figures: `(draws,)` figures of the other source.

    Raises:
        ValueError: fewer than two sizes.
    """
    if len(sizes) < 2:
        raise ValueError(f"a curve needs at least two numbers of human labels, got {list(sizes)}")
    from scipy.optimize import isotonic_regression

    whole = ~np.isnan(curve).any(axis=1) & ~np.isnan(figures)
    labels = np.array([
        _labels_to_reach(np.log(sizes), isotonic_regression(line).x, float(figure))
        for line, figure in zip(curve[whole], figures[whole], strict=True)
    ])  # fmt: skip
    low, high = np.quantile(labels, [0.025, 0.975], method="nearest")
    ends = {"value": float(labels[0]), "low": min(low, labels[0]), "high": max(high, labels[0])}
    numbers = {name: float(end) if math.isfinite(end) else None for name, end in ends.items()}
    below = tuple(name for name, end in ends.items() if end == -math.inf)
    return Worth(**numbers, smallest=sizes[0], largest=sizes[-1], below=below)


def _labels_to_reach(log_sizes: Floats, line: Floats, figure: float) -> float:
    """Labels at which the rising `line` reaches `figure`; minus or plus infinity beyond its ends."""
    if figure < line[0]:
        return -math.inf
    if figure > line[-1]:
        return math.inf
    right = int(np.searchsorted(line, figure))
    if line[right] == figure:
        return math.exp(log_sizes[right])
    step = (figure - line[right - 1]) / (line[right] - line[right - 1])
    return math.exp(log_sizes[right - 1] + step * (log_sizes[right] - log_sizes[right - 1]))
