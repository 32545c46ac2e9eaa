from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tiny_trainee import tiny_job

from trainers.loop.examples import Examples
from trainers.loop.step_plans import (
    Schedule,
    micro_batches,
    padded_tokens,
    plan_steps,
    schedule_of,
    step_totals,
)


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


def test_every_row_is_seen_once_an_epoch_and_never_in_the_same_order() -> None:
    schedule = Schedule(num_rows=23, epochs=3, batch_size=5, seed=1)
    rows = [row for step in range(schedule.num_steps) for row in schedule.rows(step)]
    epochs = [rows[start : start + 23] for start in (0, 23, 46)]
    assert all(sorted(epoch) == list(range(23)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_the_order_follows_from_the_seed_and_the_step_alone() -> None:
    steps = [Schedule(1000, 2, 64, seed).rows(20) for seed in (1, 1, 2)]
    assert steps[0] == steps[1] != steps[2]


def test_a_batch_larger_than_the_set_spans_epochs() -> None:
    schedule = Schedule(num_rows=3, epochs=4, batch_size=8, seed=0)
    assert [len(schedule.rows(step)) for step in range(schedule.num_steps)] == [8, 4]
    assert Counter(schedule.rows(0) + schedule.rows(1)) == {0: 4, 1: 4, 2: 4}


@pytest.mark.parametrize("workers", [1, 2, 3, 8])
@pytest.mark.parametrize("rows", [1, 2, 7, 64])
def test_micro_batches_hold_every_row_once_within_the_budget(workers: int, rows: int) -> None:
    lengths = np.random.default_rng(0).integers(10, 200, 64).tolist()
    parts = micro_batches(lengths, range(rows), workers=workers, token_budget=600)
    assert len(parts) == workers and len({len(part) for part in parts}) == 1
    batches = [batch for part in parts for batch in part]
    assert sorted(row for batch in batches for row in batch) == list(range(rows))
    assert all(padded_tokens(lengths, batch) <= 600 for batch in batches)


def test_a_row_longer_than_the_budget_stands_alone() -> None:
    parts = micro_batches([900, 10, 10], [0, 1, 2], workers=1, token_budget=100)
    assert [0] in parts[0]


def test_rows_of_like_length_are_padded_less_than_in_file_order() -> None:
    lengths = np.random.default_rng(0).integers(50, 1000, 256).tolist()
    ours = micro_batches(lengths, range(256), workers=2, token_budget=8192)
    padded = sum(padded_tokens(lengths, batch) for part in ours for batch in part)
    in_order = sum(padded_tokens(lengths, range(start, start + 8)) for start in range(0, 256, 8))
    assert 1 - sum(lengths) / padded < 0.06 < 0.3 < 1 - sum(lengths) / in_order


def test_workers_get_even_work_in_every_round() -> None:
    lengths = np.random.default_rng(1).integers(50, 1000, 256).tolist()
    parts = micro_batches(lengths, range(256), workers=2, token_budget=4096)
    work = [sum(padded_tokens(lengths, batch) for batch in part) for part in parts]
    assert max(work) / min(work) < 1.05
    widest = [max(padded_tokens(lengths, batch) for batch in turn) for turn in zip(*parts)]
    assert all(before >= after for before, after in pairwise(widest))
