"""Two annotators, or two label modes, on the same rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Counts, Floats, bootstrap, wilson
from pipelines.metrics.labels import NO_LABEL, Codes

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Paired:
    """`difference` of two shares with its interval; the numbers of rows on which only the first or only the
    second holds; the exact two-sided p value of McNemar's test on those rows."""

    difference: Estimate
    only_first: int
    only_second: int
    p_value: float

    @property
    def resolved(self) -> bool:
        """Whether the interval leaves out 0 and the exact test agrees at 5 %."""
        return self.difference.excludes(0.0) and self.p_value < 0.05

    def turned(self) -> Paired:
        """The same comparison, second minus first."""
        old = self.difference
        turned = Estimate(_minus(old.value), _minus(old.high), _minus(old.low), old.rows, old.note)
        return Paired(turned, self.only_second, self.only_first, self.p_value)


def paired_difference(first: Bools, second: Bools, *, seed: int = 0) -> Paired:
    """Share of True in `first` minus that in `second`, row i of both being the same row.

    "True" is "right" for accuracies and "answered" for answer rates.
    """
    cells = _cells(first, second)
    return Paired(
        difference=bootstrap(cells, lambda c: (c[:, 1, 0] - c[:, 0, 1]) / c.sum(axis=(1, 2)), seed=seed),
        only_first=int(cells[1, 0]),
        only_second=int(cells[0, 1]),
        p_value=mcnemar_exact(int(cells[1, 0]), int(cells[0, 1])),
    )


def paired_ratio(first: Bools, second: Bools, *, seed: int = 0) -> Estimate:
    """Share of True in `first` over that in `second` on the same rows; undefined when `second` has none."""
    return bootstrap(_cells(first, second), _ratio, seed=seed)


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided p value: how unlikely this split of the rows they differ on is, were both equally good."""
    from scipy.stats import binomtest

    total = only_first + only_second
    return float(binomtest(only_first, total).pvalue) if total else 1.0


def _cells(first: Bools, second: Bools) -> Counts:
    """Rows by (first, second), shape (2, 2), False before True."""
    return np.bincount(2 * first.astype(np.int64) + second, minlength=4).reshape(2, 2)


def _minus(figure: float | None) -> float | None:
    return None if figure is None else -figure


def _ratio(cells: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        second = cells[:, :, 1].sum(axis=1)
        return np.where(second > 0, cells[:, 1, :].sum(axis=1) / second, np.nan)


@dataclass(frozen=True)
class Agreement:
    """Share of equal labels among the rows both answered, Cohen's kappa there, and the rows compared."""

    same: Estimate
    kappa: Estimate
    rows: int


def agreement(first: Codes, second: Codes, num_labels: int, *, seed: int = 0) -> Agreement:
    """Agreement of two columns of labels on the same rows."""
    both = (first != NO_LABEL) & (second != NO_LABEL)
    cell = first[both].astype(np.int64) * num_labels + second[both]
    cells = np.bincount(cell, minlength=num_labels**2).reshape(num_labels, num_labels)
    same = wilson(int(np.trace(cells)), int(cells.sum()))
    return Agreement(same, bootstrap(cells, _kappa, seed=seed), len(first))


def _kappa(cells: Floats) -> Floats:
    """Cohen's kappa: agreement beyond chance; undefined when both give one and the same label always."""
    total = cells.sum(axis=(1, 2))
    observed = np.trace(cells, axis1=1, axis2=2) / total
    expected = (cells.sum(axis=1) * cells.sum(axis=2)).sum(axis=1) / total**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected < 1, (observed - expected) / (1 - expected), np.nan)
