"""Area under the ROC curve from ranks, with the interval of DeLong et al. (1988)."""

from __future__ import annotations

from math import log, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Z95, Estimate, undefined
from pipelines.metrics.intervals.proportions import Floats, wilson
from pipelines.metrics.labels import Codes

ONE_CLASS = "undefined: the scored rows are all of one class"


def auroc(scores: Floats, positive: NDArray[np.bool_]) -> Estimate:
    """Chance that a positive row scores above a negative one, a tie counting one half."""
    if positive.all() or not positive.any():
        return undefined(len(scores), ONE_CLASS)
    area, influence = _area(scores, positive)
    return _estimate(area, influence, int(min(positive.sum(), (~positive).sum())))


def macro_auroc(scores: Floats, truth: Codes) -> Estimate:
    """Mean over labels of the AUROC of that label against the rest.

    Labels that no row has are left out. The variance sums DeLong's influence of each row over labels.

    Args:
        scores: shape `(rows, labels)`, larger = more likely.
        truth: label code per row, all >= 0.
    """
    return mean_auroc(scores, truth[:, None] == np.arange(scores.shape[1]))


def mean_auroc(scores: Floats, positive: NDArray[np.bool_]) -> Estimate:
    """Mean over labels of each label's AUROC; labels that no row or every row has are left out.

    Args:
        scores: shape `(rows, labels)`, larger = more likely.
        positive: whether the row has the label, same shape; a row may have several.
    """
    rows, labels = positive.shape
    present = [label for label in range(labels) if 0 < positive[:, label].sum() < rows]
    if not present:
        return undefined(rows, ONE_CLASS)
    parts = [_area(scores[:, label], positive[:, label]) for label in present]
    area = float(np.mean([part[0] for part in parts]))
    positives = positive[:, present].sum(axis=0)
    smallest = int(np.minimum(positives, rows - positives).min())
    return _estimate(area, np.mean([part[1] for part in parts], axis=0), smallest)


def midranks(values: Floats) -> Floats:
    """Rank of every value, counted from 1; equal values share the mean of their ranks."""
    _, position, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[position]


def _area(scores: Floats, positive: NDArray[np.bool_]) -> tuple[float, Floats]:
    """The area, and each row's influence on it: the sum of their squares is the variance."""
    num_positive, num_negative = int(positive.sum()), int((~positive).sum())
    ranks = midranks(scores)
    beaten = (ranks[positive] - midranks(scores[positive])) / num_negative
    beaten_by = 1 - (ranks[~positive] - midranks(scores[~positive])) / num_positive
    area = float(beaten.mean())
    influence = np.empty(len(scores))
    influence[positive] = _influence(beaten, area)
    influence[~positive] = _influence(beaten_by, area)
    return area, influence


def _influence(placements: Floats, area: float) -> Floats:
    """DeLong's influence of each row of one class; for a single row the widest that its mean allows."""
    rows = len(placements)
    if rows == 1:
        return np.array([sqrt(area * (1 - area))])
    return (placements - area) / sqrt(rows * (rows - 1))


def _estimate(area: float, influence: Floats, smallest_class: int) -> Estimate:
    """DeLong's interval on the logit scale, which stays within 0–1.

    Perfect separation has no spread; Wilson's interval for the smaller class stands in.
    """
    rows = len(influence)
    spread = sqrt(float((influence**2).sum()))
    if spread == 0 or not 0 < area < 1:
        stand_in = wilson(round(area * smallest_class), smallest_class)
        return Estimate(area, min(area, stand_in.low or 0.0), max(area, stand_in.high or 1.0), rows)
    centre, half = log(area / (1 - area)), Z95 * spread / (area * (1 - area))
    return Estimate(area, _logistic(centre - half), _logistic(centre + half), rows)


def _logistic(value: float) -> float:
    """1 / (1 + exp(-value)), which a half-width of thousands does not overflow."""
    return (1 + tanh(value / 2)) / 2
