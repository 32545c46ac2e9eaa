"""From logits to probabilities, their temperature, and evaluation figures with and without intervals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics import confusion
from pipelines.metrics import multi_label as several
from pipelines.metrics.auroc import auroc, macro_auroc, mean_auroc
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import bootstrap, wilson
from trainers.mmbt.prepared import Split

Floats = NDArray[np.float64]
THRESHOLD = 0.5  # of each label, as published
COLDEST, HOTTEST = 0.2, 20.0  # a dev set that is all right would ask for a temperature of 0
NEWTON_STEPS = 50
FLAT = 1e-12  # a slope, and the change of one, that are no more than rounding


def probabilities(logits: NDArray[Any], *, multi_label: bool, temperature: float = 1.0) -> Floats:
    """`[n, classes]` from 0 to 1; rows sum to 1 unless every label is its own yes or no."""
    scaled = logits.astype(np.float64) / temperature
    if multi_label:
        return 0.5 * (1 + np.tanh(scaled / 2))
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def mean_loss(logits: NDArray[Any], targets: NDArray[Any], *, multi_label: bool) -> float:
    """Mean negative log-likelihood per row, or per row and label, in nats."""
    scaled = logits.astype(np.float64)
    if multi_label:
        return float((np.logaddexp(0, scaled) - targets * scaled).mean())
    top = scaled.max(axis=1, keepdims=True)
    total = top[:, 0] + np.log(np.exp(scaled - top).sum(axis=1))
    return float((total - scaled[np.arange(len(scaled)), targets]).mean())


def temperature_of(logits: NDArray[Any], targets: NDArray[Any], *, multi_label: bool) -> float:
    """The temperature, COLDEST to HOTTEST, under which `targets` are likeliest (Guo et al. 2017); 1 where
    the logits of a row are all equal.

    The loss is convex in 1 / temperature, so that Newton's steps, kept within bounds, find its lowest point.
    """
    scaled, inverse = logits.astype(np.float64), 1.0
    for _ in range(NEWTON_STEPS):
        shares = probabilities(scaled, multi_label=multi_label, temperature=1 / inverse)
        if multi_label:
            slope = ((shares - targets) * scaled).mean()
            bend = (shares * (1 - shares) * scaled**2).mean()
        else:
            expected = (shares * scaled).sum(axis=1)
            slope = (expected - scaled[np.arange(len(scaled)), targets]).mean()
            bend = ((shares * scaled**2).sum(axis=1) - expected**2).mean()
        if bend < FLAT and abs(slope) < FLAT:  # nothing to gain any more
            break
        # Half as much or twice as much at most: far from the lowest point a full step may overshoot, and
        # where chances are 0 and 1 to the last digit the loss is a slope without a bend.
        moved = np.clip(inverse - slope / max(bend, FLAT), inverse / 2, inverse * 2)
        moved = float(np.clip(moved, 1 / HOTTEST, 1 / COLDEST))
        if abs(moved - inverse) < 1e-9 * inverse:
            break
        inverse = moved
    return 1 / inverse


def dev_figures(logits: NDArray[Any], split: Split, *, multi_label: bool) -> dict[str, float | None]:
    """Loss, accuracy, both F1 and AUROC of the rows of `split` with a known label; None where undefined.

    The values of `scores_of` without its intervals, which take seconds for thousands of rows.
    """
    shares = probabilities(logits, multi_label=multi_label)[split.known]
    truth = split.targets[split.known]
    classes = np.arange(shares.shape[1])
    has = truth.astype(bool) if multi_label else truth[:, None] == classes
    predicted = shares > THRESHOLD if multi_label else shares.argmax(axis=1)[:, None] == classes
    right, marks = (has & predicted).sum(axis=0), has.sum(axis=0) + predicted.sum(axis=0)
    occurs = marks > 0
    return {
        "loss": mean_loss(logits[split.known], truth, multi_label=multi_label),
        "accuracy": float((has == predicted).all(axis=1).mean()),
        "micro_f1": 2 * float(right.sum()) / float(marks.sum()) if occurs.any() else None,
        "macro_f1": float((2 * right[occurs] / marks[occurs]).mean()) if occurs.any() else None,
        "auroc": _auroc(shares, truth, multi_label=multi_label).value,
    }


def scores_of(shares: Floats, truth: NDArray[Any], *, multi_label: bool) -> dict[str, Estimate]:
    """Accuracy (with several labels: all of a row's right), micro and macro F1, and AUROC."""
    if multi_label:
        has, predicted = truth.astype(bool), shares > THRESHOLD
        return {
            "accuracy": several.exact_matches(has, predicted),
            "micro_f1": several.micro_f1(has, predicted),
            "macro_f1": several.macro_f1(has, predicted),
            "auroc": _auroc(shares, has, multi_label=True),
        }
    classes = shares.shape[1]
    guesses = shares.argmax(axis=1).astype(np.int32)
    matrix = confusion.confusion_matrix(truth.astype(np.int32), guesses, classes)
    right = int(np.trace(matrix[:, :classes]))
    return {
        "accuracy": wilson(right, len(truth)),
        "micro_f1": confusion.micro_f1(matrix),
        "macro_f1": confusion.macro_f1(matrix),
        "auroc": _auroc(shares, truth, multi_label=False),
    }


def _auroc(shares: Floats, truth: NDArray[Any], *, multi_label: bool) -> Estimate:
    if multi_label:
        return mean_auroc(shares, truth.astype(bool))
    if shares.shape[1] == 2:
        return auroc(shares[:, 1], truth == 1)
    return macro_auroc(shares, truth.astype(np.int32))


def class_scores(
    shares: Floats, truth: NDArray[Any], place: int, *, multi_label: bool
) -> dict[str, Estimate]:
    """Precision, recall, F1 and AUROC of class number `place` against the rest."""
    has = truth[:, place].astype(bool) if multi_label else truth == place
    given = shares[:, place] > THRESHOLD if multi_label else shares.argmax(axis=1) == place
    both, only, missed = int((has & given).sum()), int((given & ~has).sum()), int((has & ~given).sum())
    return {
        "precision": wilson(both, both + only),
        "recall": wilson(both, both + missed),
        "f1": bootstrap(np.array([both, only + missed, len(has) - both - only - missed]), _f1),
        "auroc": auroc(shares[:, place], has),
    }


def figures_of(
    logits: NDArray[Any], split: Split, classes: tuple[str, ...], *, multi_label: bool, temperature: float
) -> dict[str, Any]:
    """The record of one test set: rows, loss, every figure with its 95 % interval, and the same per class."""
    shares = probabilities(logits, multi_label=multi_label, temperature=temperature)[split.known]
    truth = split.targets[split.known]
    if not len(truth):
        return {"rows": len(split), "scored": 0, "note": "no row has a human label of the class list"}
    scores = scores_of(shares, truth, multi_label=multi_label)
    per_class = {
        name: {
            "rows": int(truth[:, place].sum() if multi_label else (truth == place).sum()),
            **_records(class_scores(shares, truth, place, multi_label=multi_label)),
        }
        for place, name in enumerate(classes)
    }
    calm = logits[split.known].astype(np.float64) / temperature
    record: dict[str, Any] = {"rows": len(split), "scored": len(truth)}
    record["loss"] = mean_loss(calm, truth, multi_label=multi_label)
    return record | _records(scores) | {"per_class": per_class}


def _records(scores: dict[str, Estimate]) -> dict[str, Any]:
    return {name: asdict(one) for name, one in scores.items()}


def _f1(cells: Floats) -> Floats:
    """`cells` `(B, 3)`: rows right, rows wrong, rows that neither have the class nor were given it."""
    with np.errstate(invalid="ignore"):
        return 2 * cells[:, 0] / (2 * cells[:, 0] + cells[:, 1])
