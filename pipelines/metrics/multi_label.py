"""Figures of tasks where a row may have several labels, with intervals of a bootstrap over rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pipelines.metrics.estimate import Estimate, undefined
from pipelines.metrics.intervals import CELLS_AT_ONCE, RESAMPLES, Floats, wilson
from pipelines.metrics.label_space import Marks


def exact_matches(truth: Marks, predicted: Marks) -> Estimate:
    """Share of rows whose labels are all right."""
    return wilson(int((truth == predicted).all(axis=1).sum()), len(truth))


def micro_f1(truth: Marks, predicted: Marks, *, seed: int = 0) -> Estimate:
    """F1 of all decisions together."""
    return _bootstrap(truth, predicted, _micro, seed)


def macro_f1(truth: Marks, predicted: Marks, *, seed: int = 0) -> Estimate:
    """Mean F1 over the labels that some row has or was given."""
    return _bootstrap(truth, predicted, _macro, seed)


def _bootstrap(truth: Marks, predicted: Marks, statistic: Callable[[Floats], Floats], seed: int) -> Estimate:
    rows = len(truth)
    if rows == 0:
        return undefined(0, "no rows")
    cells = np.stack([truth & predicted, truth, predicted], axis=1).astype(np.float64)
    value = float(statistic(cells.sum(axis=0)[None])[0])
    if np.isnan(value):
        return undefined(rows, "undefined: no row has a label or was given one")
    rng, step, figures = np.random.default_rng(seed), max(1, CELLS_AT_ONCE // rows), []
    for start in range(0, RESAMPLES, step):
        draws = rng.multinomial(rows, np.full(rows, 1 / rows), size=min(step, RESAMPLES - start))
        figures.append(statistic(np.tensordot(draws.astype(np.float64), cells, axes=1)))
    low, high = np.nanquantile(np.concatenate(figures), [0.025, 0.975])
    return Estimate(value, float(low), float(high), rows)


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
