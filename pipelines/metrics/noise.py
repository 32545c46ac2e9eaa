"""What a model's labels are, given the human's: the noise a classifier trained on them has to live with."""

from __future__ import annotations

from pipelines.metrics.estimate import Estimate
from pipelines.metrics.intervals import Counts, wilson


def transition(confusion: Counts) -> list[list[Estimate]]:
    """Share of the answered rows of each human label (line) that the model gave each label (column).

    Every line sums to 1, or is undefined where the model answered none of that label's rows.

    Args:
        confusion: `confusion_matrix`'s counts, the last column the unanswered.
    """
    answered = confusion[:, :-1]
    return [[wilson(int(cell), int(line.sum())) for cell in line] for line in answered]


def answer_rates(confusion: Counts) -> list[Estimate]:
    """Share of the rows of each human label that got an answer."""
    return [wilson(int(line[:-1].sum()), int(line.sum())) for line in confusion]
