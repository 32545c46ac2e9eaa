from __future__ import annotations

from pathlib import Path

from tiny_trainee import tiny_job

from trainers.loop.examples import Examples
from trainers.loop.step_plans import plan_steps, schedule_of, step_totals


def test_workers_share_a_step_evenly_and_completely(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    examples = Examples(job.prepared)
    for plan in plan_steps(examples, job.settings, workers=3):
        assert len({len(part) for part in plan.parts}) == 1
        rows = sorted(row for part in plan.parts for batch in part for row in batch)
        assert rows == sorted(schedule_of(examples, job.settings).rows(plan.step))


def test_a_plan_from_a_later_step_is_the_rest_of_the_whole(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    examples = Examples(job.prepared)
    plans = list(plan_steps(examples, job.settings, workers=2))
    assert list(plan_steps(examples, job.settings, workers=2, start=3)) == plans[3:]
    assert sum(plan.tokens for plan in plans) == 2 * sum(examples.lengths)
    assert all(plan.tokens <= plan.padded and plan.targets < plan.tokens for plan in plans)


def test_totals_are_those_of_both_epochs(tmp_path: Path) -> None:
    job = tiny_job(tmp_path)
    examples = Examples(job.prepared)
    totals = step_totals(examples, job.settings, workers=1)
    assert totals["optimizer steps"] == "10 of 8 rows"
    assert totals["tokens"].startswith(f"{2 * sum(examples.lengths):,}, of which ")
