"""Answer rate against accuracy: what is gained by keeping only the labels a model is sure of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Floats, clustered_share, wilson
from pipelines.metrics.labels import NO_LABEL, Codes


@dataclass(frozen=True)
class CoveragePoint:
    """Keeping labels with confidence >= `threshold` answers `answer_rate` of the rows at `accuracy`.

    `threshold` is None where labels have no confidence: then everything answered is kept.
    """

    threshold: float | None
    answer_rate: float
    accuracy: Estimate


def coverage_curve(
    truth: Codes, predicted: Codes, confidence: Floats, *, max_points: int = 100
) -> list[CoveragePoint]:
    """Points from the surest labels to all of them, rising in answer rate; rows without a human label are
    left out, labels without confidence (NaN) come last, and equal confidences are never split."""
    labelled, right = truth != NO_LABEL, truth == predicted

    def accuracy(rows: NDArray[np.int64]) -> Estimate:
        return wilson(int(right[rows].sum()), len(rows))

    return _points(confidence, labelled & (predicted != NO_LABEL), int(labelled.sum()), accuracy, max_points)


def agreement_curve(
    part: Floats, whole: Floats, confidence: Floats, groups: NDArray[np.int64], *, max_points: int = 100
) -> list[CoveragePoint]:
    """A coverage curve for answers that agree with the human's in part: the accuracy of the rows kept is
    `sum(part) / sum(whole)` with the interval of `clustered_share`.

    Args:
        confidence: of each row; NaN is no confidence, minus infinity no answer.
    """

    def accuracy(rows: NDArray[np.int64]) -> Estimate:
        return clustered_share(part[rows], whole[rows], groups[rows])

    return _points(confidence, ~np.isneginf(confidence), len(confidence), accuracy, max_points)


def accuracy_at(curve: list[CoveragePoint], answer_rate: float) -> CoveragePoint | None:
    """The first point that answers at least `answer_rate`; None when the annotator never answers so much."""
    return next((point for point in curve if point.answer_rate >= answer_rate - 1e-9), None)


def _points(
    confidence: Floats,
    answered: NDArray[np.bool_],
    rows: int,
    accuracy: Callable[[NDArray[np.int64]], Estimate],
    max_points: int,
) -> list[CoveragePoint]:
    """At most `max_points` of the answered rows among `rows`, whose `accuracy` is that of the rows kept,
    surest first."""
    sureness = np.where(np.isnan(confidence), -np.inf, confidence)
    order = np.argsort(-sureness, kind="stable")
    order = order[answered[order]]
    if not len(order):
        return []
    sureness = sureness[order]
    ends = np.flatnonzero(np.append(sureness[1:] != sureness[:-1], True))
    if len(ends) > max_points:  # evenly spread in answer rate, the last always among them
        rates = np.linspace(ends[-1] / max_points, ends[-1], max_points)
        ends = np.unique(ends[np.searchsorted(ends, rates)])
    thresholds = [None if np.isinf(one) else one for one in sureness[ends].tolist()]
    return [
        CoveragePoint(threshold, (end + 1) / rows, accuracy(order[: end + 1]))
        for threshold, end in zip(thresholds, ends.tolist(), strict=True)
    ]
