"""How rows are cut into blocks and stages into pools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actors.base import Annotator
from pipelines.engine.dataflow import BLOCKS_PER_WORKER, SMALLEST_BLOCK, block_rows, pool
from pipelines.engine.pipeline import Group, Stage


@dataclass
class Copies(Annotator):
    reads = ("text",)

    def annotate(self, table: Any) -> Mapping[str, Sequence[Any]]:
        return {}


def groups(*stages: Stage) -> list[Group]:
    return [Group(stage, (), "A") for stage in stages]


def test_the_slowest_stage_decides_how_many_rows_are_lost_with_a_worker() -> None:
    quick, model = Stage(Copies(), batch_size=256), Stage(Copies(), batch_size=64, batches_per_block=1)
    assert block_rows(groups(quick), rows=10**9) == 256 * 256
    assert block_rows(groups(quick, model), rows=10**9) == 256  # a whole batch of the quick one


def test_few_rows_are_cut_so_that_every_worker_gets_some() -> None:
    stage = Stage(Copies(), workers=(1, 8), batch_size=256)
    assert block_rows(groups(stage), rows=3200) == 3200 // (BLOCKS_PER_WORKER * 8)
    assert block_rows(groups(stage), rows=10) == SMALLEST_BLOCK


def test_pools_start_full_and_only_waiting_actors_take_several_batches_at_once() -> None:
    waiting = pool(Stage(Copies(), workers=(2, 4), concurrent_batches=3))
    assert (waiting.min_size, waiting.max_size, waiting.initial_size) == (2, 4, 4)
    assert (waiting.max_concurrent_calls_per_actor, waiting.enable_true_multi_threading) == (3, True)
    computing = pool(Stage(Copies()))
    assert computing.max_concurrent_calls_per_actor is None
    assert not computing.enable_true_multi_threading
