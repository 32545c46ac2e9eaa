"""Confusion matrix with a column for the unanswered, and what follows from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Counts, Floats, bootstrap, wilson
from pipelines.metrics.label_space import Marks
from pipelines.metrics.labels import NO_LABEL, Codes


def transition(confusion: Counts) -> list[list[Estimate]]:
    """Share of the answered rows of each human label (line) that the model gave each label (column).

    Every line sums to 1, or is undefined where the model answered none of that label's rows.

    Args:
        confusion: `confusion_matrix`'s counts, the last column the unanswered.
    """
    answered = confusion[:, :-1]
    return [[wilson(int(cell), int(line.sum())) for cell in line] for line in answered]


def decisions(human: Marks, given: Marks, answered: NDArray[np.bool_]) -> Counts:
    """Rows per label, human yes or no (0: no), and answer (0: no, 1: yes, 2: unanswered): `(labels, 2, 3)`.

    Args:
        human: whether people give the label, `(rows, labels)`.
        given: whether the model does.
        answered: whether the model answered, per row.
    """
    answer = np.where(answered[:, None], given, 2)
    cells = [[((human == row) & (answer == column)).sum(axis=0) for column in range(3)] for row in range(2)]
    return np.array(cells, dtype=np.int64).transpose(2, 0, 1)


def answer_rates(confusion: Counts) -> list[Estimate]:
    """Share of the rows of each human label that got an answer."""
    return [wilson(int(line[:-1].sum()), int(line.sum())) for line in confusion]


def confusion_matrix(truth: Codes, predicted: Codes, num_labels: int) -> Counts:
    """Rows per (human label, answer), shape `(num_labels, num_labels + 1)`; the last column is unanswered.

    Rows without a human label are left out.
    """
    labelled = truth != NO_LABEL
    answer = np.where(predicted == NO_LABEL, num_labels, predicted)[labelled].astype(np.int64)
    cell = truth[labelled].astype(np.int64) * (num_labels + 1) + answer
    return np.bincount(cell, minlength=num_labels * (num_labels + 1)).reshape(num_labels, num_labels + 1)


def recalls(confusion: Counts) -> list[Estimate]:
    """Per label: share of its rows that got it, unanswered rows counted as missed."""
    return [wilson(int(row[label]), int(row.sum())) for label, row in enumerate(confusion)]


def precisions(confusion: Counts) -> list[Estimate]:
    """Per label: share of the answers with this label that are right."""
    return [
        wilson(int(confusion[label, label]), int(confusion[:, label].sum()))
        for label in range(len(confusion))
    ]


def macro_f1(confusion: Counts, *, seed: int = 0) -> Estimate:
    """Mean F1 over the labels that occur as human label or answer; unanswered rows count as missed."""
    return bootstrap(confusion, _macro_f1, seed=seed)


def micro_f1(confusion: Counts, *, seed: int = 0) -> Estimate:
    """F1 of all decisions together: 2 × right / (answered + all); equals accuracy when all is answered."""
    return bootstrap(confusion, _micro_f1, seed=seed)


def _macro_f1(confusion: Floats) -> Floats:
    right, answered, actual = _sums(confusion)
    occurs = answered + actual > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(occurs, 2 * right / (answered + actual), 0.0)
        return f1.sum(axis=1) / occurs.sum(axis=1)


def _micro_f1(confusion: Floats) -> Floats:
    right, answered, actual = (part.sum(axis=1) for part in _sums(confusion))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 2 * right / (answered + actual)


def _sums(confusion: Floats) -> tuple[Floats, Floats, Floats]:
    """Right answers, answers and human labels, each per label: three arrays of shape `(B, labels)`."""
    right = np.diagonal(confusion, axis1=1, axis2=2)
    return right, confusion[:, :, :-1].sum(axis=1), confusion.sum(axis=2)
