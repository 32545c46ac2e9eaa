"""Figures of classifiers trained several times and judged on the same test rows.

A figure is the mean over trainings (seeds) of a score on the test rows. Its interval comes from drawing
rows and seeds at once (the two-way bootstrap of Owen, "The pigeonhole bootstrap", 2007), and every label
source gets the same draws, so differences are paired by row and by seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.auroc import ONE_CLASS
from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.label_space import Marks
from pipelines.metrics.labels import Codes

RESAMPLES = 1000
ONE_SEED = "one seed: how far trainings differ is not in the interval"
CELLS_AT_ONCE = 4_000_000  # floats per array held at a time (32 MB)


@dataclass(frozen=True)
class Draws:
    """Weights of rows `(1 + resamples, rows)` and of seeds `(1 + resamples, seeds)`; line 0 of each
    weighs the data as they are, so that element 0 of a figure under every draw is its value."""

    rows: Floats
    seeds: Floats


@dataclass(frozen=True)
class Difference:
    """First minus second, with the two-sided p value that the draws give for no difference."""

    estimate: Estimate
    p_value: float | None

    @property
    def resolved(self) -> bool:
        """Whether the interval leaves out 0 and p is below 5 %."""
        return self.estimate.excludes(0.0) and self.p_value is not None and self.p_value < 0.05


def draw(groups: NDArray[np.int64], num_seeds: int, *, resamples: int = RESAMPLES, seed: int = 0) -> Draws:
    """Draws with replacement of rows, whole groups at a time, and of seeds.

    With few seeds their spread comes out too small by (seeds − 1) / seeds, so their weights are drawn apart
    by the root of its inverse. In simulations with 3 seeds the 95 % interval then held the truth in 92 to
    99 % of cases while the rows made at least as much of the spread as the seeds did, and in 81 % when
    nothing but the seeds varied.

    Args:
        groups: for each test row, the number (from 0) of the group it is in, such as the rows of one picture.
    """
    rng = np.random.default_rng(seed)
    num_groups = int(groups.max()) + 1 if len(groups) else 0
    group_weights = np.ones((resamples + 1, num_groups))
    if num_groups:
        group_weights[1:] = rng.multinomial(num_groups, np.full(num_groups, 1 / num_groups), size=resamples)
    seeds = np.full((resamples + 1, num_seeds), 1 / num_seeds)
    if num_seeds > 1:
        seed_weights = rng.multinomial(num_seeds, seeds[0], size=resamples) / num_seeds
        seeds[1:] += (seed_weights - seeds[0]) * np.sqrt(num_seeds / (num_seeds - 1))
    return Draws(group_weights[:, groups], seeds)


def mean_over_seeds(scores: Floats, draws: Draws) -> Floats:
    """The figure under every draw, from scores of shape `(1 + resamples, seeds)`."""
    mean: Floats = (draws.seeds * scores).sum(axis=1)
    return mean


def ratios(part: Floats, whole: Floats, draws: Draws) -> Floats:
    """`sum(part) / sum(whole)` over the drawn rows, per draw and seed; both are `(seeds, rows)`."""
    return _ratio(draws.rows @ part.T, draws.rows @ whole.T)


def accuracies(truth: Codes, predicted: Codes, draws: Draws) -> Floats:
    """Share of right rows per draw and seed; `predicted` is `(seeds, rows)`, a row without label is wrong."""
    return _ratio(draws.rows @ (predicted == truth).T.astype(np.float64), draws.rows.sum(axis=1)[:, None])


def macro_f1s(truth: Marks, predicted: Marks, draws: Draws) -> Floats:
    """Mean F1 per draw and seed over the labels that occur in the test rows of that draw or are given.

    Args:
        truth: whether a row has a label, `(rows, labels)`.
        predicted: whether it is given one, `(seeds, rows, labels)`.
    """
    total = np.zeros((len(draws.rows), len(predicted)))
    occurring = np.zeros_like(total)
    for label in range(truth.shape[1]):
        actual, answers = truth[:, label], predicted[:, :, label]
        both = draws.rows @ (answers & actual).T.astype(np.float64)
        sums = draws.rows @ answers.T.astype(np.float64) + (draws.rows @ actual.astype(np.float64))[:, None]
        total += np.where(sums > 0, 2 * both / np.maximum(sums, 1), 0.0)
        occurring += sums > 0
    return _ratio(total, occurring)


def aurocs(truth: Marks, chances: Floats, labels: Sequence[int], draws: Draws) -> Floats:
    """AUROC of each label in `labels` against the rest, averaged, per draw and seed; NaN where a draw holds
    one class alone. `truth` is `(rows, labels)`, `chances` `(seeds, rows, labels)`."""
    columns = []
    for training in chances:
        parts = np.stack([_weighted_auroc(training[:, n], truth[:, n], draws.rows) for n in labels])
        defined = ~np.isnan(parts)
        columns.append(_ratio(np.where(defined, parts, 0.0).sum(axis=0), defined.sum(axis=0)))
    return np.stack(columns, axis=1)


def estimate(figures: Floats, rows: int, num_seeds: int) -> Estimate:
    """Value and 95 % interval of figures under every draw, the first being the value."""
    value, resampled = float(figures[0]), figures[1:][~np.isnan(figures[1:])]
    if np.isnan(value):
        return undefined(rows, ONE_CLASS if rows else "no rows")
    if not len(resampled):
        return Estimate(value, None, None, rows, "undefined in every resample")
    low, high = np.quantile(resampled, [0.025, 0.975])
    note = ONE_SEED if num_seeds == 1 else ""
    return Estimate(value, min(value, float(low)), max(value, float(high)), rows, note)


def share(figures: Floats, rows: int, num_seeds: int) -> Estimate:
    """`estimate` of a figure from 0 to 1, whose interval ends there too: seeds are drawn apart."""
    unclipped = estimate(figures, rows, num_seeds)
    if not unclipped.defined:
        return unclipped
    value, low, high = unclipped.numbers
    return replace(unclipped, low=min(value, max(0.0, low)), high=max(value, min(1.0, high)))


def difference(first: Floats, second: Floats, rows: int, num_seeds: int) -> Difference:
    """`first - second`, both under the same draws."""
    figures = first - second
    resampled = figures[1:][~np.isnan(figures[1:])]
    interval = estimate(figures, rows, num_seeds)
    if not interval.defined:
        return Difference(interval, None)
    tail = min(int((resampled <= 0).sum()), int((resampled >= 0).sum()))
    return Difference(interval, min(1.0, 2 * (tail + 1) / (len(resampled) + 1)))


def ratio(first: Floats, second: Floats, rows: int, num_seeds: int) -> Estimate:
    """`first / second`, both under the same draws."""
    return estimate(_ratio(first, second), rows, num_seeds)


def _weighted_auroc(scores: Floats, positive: NDArray[np.bool_], weights: Floats) -> Floats:
    """Per draw, the chance that a positive row scores above a negative one, a tie counting one half."""
    order = np.argsort(scores, kind="stable")
    tie_of = np.unique(scores[order], return_inverse=True)[1]
    starts = np.flatnonzero(np.append(True, tie_of[1:] != tie_of[:-1]))
    step = max(1, CELLS_AT_ONCE // max(1, len(scores)))
    areas = [
        _areas(part[:, order], positive[order], starts)
        for part in (weights[start : start + step] for start in range(0, len(weights), step))
    ]
    return np.concatenate(areas)


def _areas(weights: Floats, positive: NDArray[np.bool_], starts: NDArray[np.int64]) -> Floats:
    ups = np.add.reduceat(np.where(positive, weights, 0.0), starts, axis=1)
    downs = np.add.reduceat(np.where(positive, 0.0, weights), starts, axis=1)
    below = np.cumsum(downs, axis=1) - downs / 2
    return _ratio((ups * below).sum(axis=1), ups.sum(axis=1) * downs.sum(axis=1))


def _ratio(part: Floats, whole: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)


def group_numbers(names: list[str]) -> NDArray[np.int64]:
    """For each name the number of its group, equal names sharing one."""
    return np.unique(np.array(names, dtype=object), return_inverse=True)[1].astype(np.int64)
