"""How often two annotators, or two label modes, give the same label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Floats, bootstrap, wilson
from pipelines.metrics.labels import NO_LABEL, Codes


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
