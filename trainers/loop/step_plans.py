"""What every optimizer step computes on, for all workers; known before the first one is taken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trainers.loop.examples import Examples
from trainers.loop.packing import Schedule, micro_batches, padded_tokens
from trainers.loop.settings import TrainingSettings


@dataclass(frozen=True)
class StepPlan:
    """A step's rows as micro-batches by worker, and what they add up to over all workers."""

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
    schedule = schedule_of(examples, settings)
    for step in range(start, schedule.num_steps):
        rows = schedule.rows(step)
        parts = micro_batches(
            examples.lengths, rows, workers=workers, token_budget=settings.tokens_per_micro_batch
        )
        yield StepPlan(
            step,
            parts,
            rows=len(rows),
            tokens=sum(examples.lengths[row] for row in rows),
            padded=sum(padded_tokens(examples.lengths, part) for one in parts for part in one),
            targets=sum(examples.num_targets[row] for row in rows),
        )


def schedule_of(examples: Examples, settings: TrainingSettings) -> Schedule:
    """Which rows come when."""
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
