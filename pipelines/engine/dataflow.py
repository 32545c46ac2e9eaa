"""The Ray Data side of a run: read, one pool per stage, write, with Ray's own checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from cluster.connect import environment_of
from pipelines.engine.ingest import InputTable
from pipelines.engine.ledger import Ledger
from pipelines.engine.pipeline import Group, Pipeline, Stage
from pipelines.engine.run_folder import RunFolder
from pipelines.engine.worker import worker_class

BLOCKS_PER_WORKER = 4  # fewer leave workers idle at the end
SMALLEST_BLOCK = 16  # rows; smaller blocks cost more in scheduling than they save


def start_ledger(groups: Sequence[Group], allowed: int, failed_before: Sequence[str]) -> Any:
    """A handle of the ledger actor, on the driver's node so that it outlives workers."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    remote = ray.remote(num_cpus=0)(Ledger).options(scheduling_strategy=here)
    names = [group.name for group in groups]
    return remote.remote(names, max_failed_rows=allowed, failed_before=failed_before)


def write_shards(pipeline: Pipeline, folder: RunFolder, table: InputTable, ledger: Any) -> None:
    """Runs every row that the checkpoint does not list and appends it to the shards."""
    import ray
    from ray.data import SaveMode

    configure(folder)
    groups = pipeline.groups
    names = pipeline.output_schema().names
    rows = ray.data.read_parquet([str(file) for file in table.files()])
    rows = rows.repartition(target_num_rows_per_block=block_rows(groups, table.rows))
    for group in groups:
        stage = group.stage
        settings = {"batch_size": stage.batch_size, "columns": names if group is groups[-1] else None}
        rows = rows.map_batches(
            worker_class(stage.actor),
            fn_constructor_args=(stage.actor, group.filters, group.name, ledger),
            fn_constructor_kwargs=settings,
            batch_size=None,
            batch_format="pyarrow",
            compute=pool(stage),
            num_cpus=stage.cpus,
            num_gpus=stage.gpus or None,
            runtime_env=environment_of(stage.python) if stage.python else None,
        )
    rows.write_parquet(str(folder.shards.resolve()), mode=SaveMode.APPEND)


def pool(stage: Stage) -> Any:
    """Ray's strategy for a stage: started full, so that no model waits for the scaler."""
    from ray.data import ActorPoolStrategy

    smallest, largest = stage.workers
    several = stage.concurrent_batches > 1
    return ActorPoolStrategy(
        min_size=smallest,
        max_size=largest,
        initial_size=largest,
        max_concurrent_calls_per_actor=stage.concurrent_batches if several else None,
        enable_true_multi_threading=several or None,
    )


def configure(folder: RunFolder) -> None:
    """Sets the checkpoint and silences Ray Data's own bars.

    The checkpoint must never be deleted on success and the write mode must stay APPEND: with the
    other settings a resumed run doubles or loses rows.
    """
    from ray.data import DataContext
    from ray.data.checkpoint import CheckpointConfig

    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.checkpoint_config = CheckpointConfig(
        id_column="id", checkpoint_path=str(folder.checkpoint.resolve()), delete_checkpoint_on_success=False
    )
    data_logger = logging.getLogger("ray.data")
    data_logger.propagate = False  # what it says of errors, a run says in fewer words
    for handler in data_logger.handlers:
        if isinstance(handler, logging.StreamHandler):  # the terminal; the session's log files keep all
            handler.setLevel(logging.CRITICAL)


def block_rows(groups: Sequence[Group], rows: int) -> int:
    """Rows per block: as many as the slowest stage wants, fewer when there are too few to go round.

    A block costs a task, a shard and two checkpoint files, about 0.1 s; it is also what is done again
    after a kill.
    """
    stages = [group.stage for group in groups]
    smallest = min(stage.batch_size * stage.batches_per_block for stage in stages)
    smallest = max(smallest, *(stage.batch_size for stage in stages), SMALLEST_BLOCK)
    workers = max(stage.workers[1] for stage in stages)
    return max(SMALLEST_BLOCK, min(smallest, -(-rows // (BLOCKS_PER_WORKER * workers))))
