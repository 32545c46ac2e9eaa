"""Figures of tasks where a row may have several labels, with intervals over rows.

Rows with the same labels and the same answers count as one kind. Up to MANY kinds the interval is that of a
bootstrap over rows; beyond them, where draws take minutes, it is the normal one of the figure's linear part,
which at so many rows is the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import sqrt

import numpy as np

from pipelines.metrics.intervals.estimate import Z95, Estimate, undefined
from pipelines.metrics.intervals.proportions import CELLS_AT_ONCE, RESAMPLES, Counts, Floats, wilson
from pipelines.metrics.label_space import Marks

MANY = 20_000
KINDS_AT_ONCE = 65_536
Statistic = Callable[[Floats], Floats]


def exact_matches(truth: Marks, predicted: Marks) -> Estimate:
    """Share of rows whose labels are all right."""
    return wilson(int((truth == predicted).all(axis=1).sum()), len(truth))


def micro_f1(truth: Marks, predicted: Marks, *, seed: int = 0) -> Estimate:
    """F1 of all decisions together."""
    return _estimate(truth, predicted, _micro, seed)


def macro_f1(truth: Marks, predicted: Marks, *, seed: int = 0) -> Estimate:
    """Mean F1 over the labels that some row has or was given."""
    return _estimate(truth, predicted, _macro, seed)


def _estimate(truth: Marks, predicted: Marks, statistic: Statistic, seed: int) -> Estimate:
    rows = len(truth)
    if rows == 0:
        return undefined(0, "no rows")
    own, given, times = _kinds(truth, predicted)
    totals = sum(np.tensordot(some, cells, axes=1) for cells, some in _cells(own, given, times))
    value = float(statistic(np.asarray(totals)[None])[0])
    if np.isnan(value):
        return undefined(rows, "undefined: no row has a label or was given one")
    if len(times) <= MANY:
        ((cells, _),) = _cells(own, given, times)
        low, high = np.nanquantile(_draws(cells, times, statistic, seed), [0.025, 0.975])
        return Estimate(value, float(low), float(high), rows)
    slopes = _slopes(np.asarray(totals), statistic)
    off = sum(
        float(some @ np.tensordot(cells, slopes, axes=2) ** 2) for cells, some in _cells(own, given, times)
    )
    half = Z95 * sqrt(off * rows / (rows - 1))
    return Estimate(value, max(0.0, value - half), min(1.0, value + half), rows)


def _kinds(truth: Marks, predicted: Marks) -> tuple[Marks, Marks, Counts]:
    """The distinct rows `(kinds, labels)` of both, and how often each occurs."""
    marks = np.ascontiguousarray(np.packbits(np.hstack([truth, predicted]), axis=1))
    keys = marks.view(np.dtype((np.void, marks.shape[1]))).ravel()
    _, first, times = np.unique(keys, return_index=True, return_counts=True)
    return truth[first], predicted[first], times


def _cells(truth: Marks, predicted: Marks, times: Counts) -> Iterator[tuple[Floats, Counts]]:
    """Some kinds at a time `(kinds, 3, labels)`: has and was given, has, and was given each label; and how
    many rows are of each."""
    for start in range(0, len(truth), KINDS_AT_ONCE):
        part = slice(start, start + KINDS_AT_ONCE)
        own, given = truth[part], predicted[part]
        yield np.stack([own & given, own, given], axis=1).astype(np.float64), times[part]


def _draws(cells: Floats, times: Counts, statistic: Statistic, seed: int) -> Floats:
    """The statistic of RESAMPLES bootstrap draws over rows; only how many fall into each kind matters."""
    rows = times.sum()
    rng, step, figures = np.random.default_rng(seed), max(1, CELLS_AT_ONCE // len(times)), []
    for start in range(0, RESAMPLES, step):
        draws = rng.multinomial(rows, times / rows, size=min(step, RESAMPLES - start))
        figures.append(statistic(np.tensordot(draws.astype(np.float64), cells, axes=1)))
    return np.concatenate(figures)


def _slopes(totals: Floats, statistic: Statistic) -> Floats:
    """How the statistic changes with each of the `totals` `(3, labels)`; a row's part in it is the sum over
    its cells, and these parts add up to 0, as only the totals' ratios count."""
    flat = totals.ravel()
    used = np.flatnonzero(flat)
    steps = np.zeros((len(used), flat.size))
    steps[np.arange(len(used)), used] = 1e-4 * flat[used]
    moved = steps.reshape(-1, *totals.shape)
    changes = statistic(totals + moved) - statistic(totals - moved)
    slopes = np.zeros(flat.size)
    slopes[used] = changes / (2e-4 * flat[used])
    return slopes.reshape(totals.shape)


def _micro(cells: Floats) -> Floats:
    """`cells` `(B, 3, labels)`: rows that have and were given, have, and were given each label."""
    right, actual, given = cells.sum(axis=2).T
    with np.errstate(invalid="ignore"):
        return 2 * right / (actual + given)


def _macro(cells: Floats) -> Floats:
    right, actual, given = cells.transpose(1, 0, 2)
    occurs = actual + given > 0
    with np.errstate(invalid="ignore"):
        return np.where(occurs, 2 * right / (actual + given), 0.0).sum(axis=1) / occurs.sum(axis=1)
