"""What a model's labels are, given the human's: the noise a classifier trained on them has to live with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Counts, wilson
from pipelines.metrics.label_space import Marks


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
    cells = [[((human == due) & (answer == said)).sum(axis=0) for said in range(3)] for due in range(2)]
    return np.array(cells, dtype=np.int64).transpose(2, 0, 1)


def answer_rates(confusion: Counts) -> list[Estimate]:
    """Share of the rows of each human label that got an answer."""
    return [wilson(int(line[:-1].sum()), int(line.sum())) for line in confusion]
