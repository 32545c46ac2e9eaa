"""Rows and micro-batches of every optimizer step, for all workers, planned before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from actors.base import row_seed
from trainers.loop.examples import Examples
from trainers.loop.settings import TrainingSettings


@dataclass(frozen=True)
class Schedule:
    """The rows of every optimizer step, from the number of rows and the seed alone.

    Epochs follow one another without a gap: a step may hold the end of one and the start of the next,
    so that every row is seen exactly `epochs` times and only the last step may be smaller.
    """

    num_rows: int
    epochs: int
    batch_size: int
    seed: int

    @property
    def num_steps(self) -> int:
        return -(-self.num_rows * self.epochs // self.batch_size)

    def rows(self, step: int) -> list[int]:
        """Indices of the rows of step `step`, counted from 0."""
        start = step * self.batch_size
        end = min(start + self.batch_size, self.num_rows * self.epochs)
        epochs = range(start // self.num_rows, (end - 1) // self.num_rows + 1)
        order = np.concatenate([self._epoch(epoch) for epoch in epochs])
        first = start - epochs[0] * self.num_rows
        return [int(row) for row in order[first : first + end - start]]

    def _epoch(self, epoch: int) -> np.ndarray:
        return np.random.default_rng(row_seed(self.seed, f"epoch/{epoch}")).permutation(self.num_rows)


def micro_batches(
    lengths: Sequence[int], rows: Sequence[int], *, workers: int, token_budget: int
) -> list[list[list[int]]]:
    """Per worker the same number of micro-batches of `rows`: rows of like length together, none of them
    wider than `token_budget` when padded (a single longer row stands alone), work spread evenly.

    `lengths` are tokens by row index. With fewer rows than workers some micro-batches are empty.
    """
    ordered = sorted(rows, key=lambda row: (-lengths[row], row))
    widths = [lengths[row] for row in ordered]
    needed = len(_cuts(widths, token_budget))
    groups = -(-needed // workers) * workers
    cuts = _cuts(widths, _smallest_budget(widths, groups, token_budget))
    parts = [ordered[start:end] for start, end in _split_up(cuts, groups)]
    parts.sort(key=lambda part: -padded_tokens(lengths, part))
    rounds = [parts[start : start + workers] for start in range(0, groups, workers)]
    # Every other round is reversed, so that no worker always gets the largest of a round.
    turned = [part[::-1] if number % 2 else part for number, part in enumerate(rounds)]
    return [[one[worker] for one in turned] for worker in range(workers)]


def padded_tokens(lengths: Sequence[int], rows: Sequence[int]) -> int:
    """Tokens of a micro-batch with padding."""
    return len(rows) * max((lengths[row] for row in rows), default=0)


def _cuts(widths: Sequence[int], budget: int) -> list[tuple[int, int]]:
    """Ranges of `widths` (longest first) whose first times their count stays within `budget`."""
    cuts, start = [], 0
    while start < len(widths):
        end = min(len(widths), start + max(1, budget // max(1, widths[start])))
        cuts.append((start, end))
        start = end
    return cuts


def _smallest_budget(widths: Sequence[int], groups: int, budget: int) -> int:
    """The least token budget that needs at most `groups` micro-batches: even work for every worker."""
    low, high = 1, budget
    while low < high:
        middle = (low + high) // 2
        if len(_cuts(widths, middle)) <= groups:
            high = middle
        else:
            low = middle + 1
    return low


def _split_up(cuts: list[tuple[int, int]], groups: int) -> list[tuple[int, int]]:
    """Exactly `groups` ranges: the fullest are halved, and empty ones added when each holds one row."""
    cuts = list(cuts)
    while len(cuts) < groups:
        largest = max(range(len(cuts)), key=lambda index: cuts[index][1] - cuts[index][0])
        start, end = cuts[largest]
        if end - start < 2:
            return cuts + [(0, 0)] * (groups - len(cuts))
        middle = (start + end) // 2
        cuts[largest : largest + 1] = [(start, middle), (middle, end)]
    return cuts


@dataclass(frozen=True)
class StepPlan:
    """A step's rows as micro-batches by worker, and its row and token counts over all workers."""

    step: int
    parts: list[list[list[int]]]
    rows: int
    tokens: int
    padded: int
    targets: int


def plan_steps(
    examples: Examples, settings: TrainingSettings, workers: int, start: int = 0
) -> Iterator[StepPlan]:
    """The plans of all steps from `start`; they depend on rows, settings and the number of workers alone."""
    schedule, budget = schedule_of(examples, settings), settings.tokens_per_micro_batch
    for step in range(start, schedule.num_steps):
        rows = schedule.rows(step)
        parts = micro_batches(examples.lengths, rows, workers=workers, token_budget=budget)
        yield StepPlan(
            step,
            parts,
            rows=len(rows),
            tokens=sum(examples.lengths[row] for row in rows),
            padded=sum(padded_tokens(examples.lengths, part) for one in parts for part in one),
            targets=sum(examples.num_targets[row] for row in rows),
        )


def schedule_of(examples: Examples, settings: TrainingSettings) -> Schedule:
    """The schedule that `settings` give for the number of examples."""
    return Schedule(len(examples), settings.epochs, settings.batch_size, settings.seed)


def step_totals(examples: Examples, settings: TrainingSettings, workers: int) -> dict[str, str]:
    """Name and value of the whole run's steps, tokens, padding and micro-batches, as a person reads them."""
    plans = list(plan_steps(examples, settings, workers))
    tokens, padded = sum(plan.tokens for plan in plans), sum(plan.padded for plan in plans)
    parts = [len(plan.parts[0]) for plan in plans]
    return {
        "optimizer steps": f"{len(plans):,} of {settings.batch_size} rows",
        "micro-batches per worker and step": f"{min(parts)} to {max(parts)}",
        "tokens": f"{tokens:,}, of which {sum(plan.targets for plan in plans):,} are predicted",
        "padding share": f"{100 * (1 - tokens / padded):.1f} %",
    }
