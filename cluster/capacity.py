"""Whether the pools of a run fit the machines, so that Ray never waits for ever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

POOL_HEADROOM = 3  # logical CPUs for reading, writing and the checkpoint filter; without them full pools hang


@dataclass(frozen=True)
class Pool:
    """`workers` processes that reserve `cpus` and `gpus` each."""

    name: str
    workers: int
    cpus: float
    gpus: float

    def __str__(self) -> str:
        return f"{self.name}: {self.workers} x ({self.cpus:g} CPU, {self.gpus:g} GPU)"


def needed_cpus(pools: Sequence[Pool]) -> float:
    """Logical CPUs that the pools reserve together, headroom included."""
    return sum(pool.workers * pool.cpus for pool in pools) + POOL_HEADROOM


def check_fit(
    pools: Sequence[Pool], *, cpus: float, gpus: float, largest_gpu_node: float | None = None
) -> None:
    """Refuses pools that could never all start.

    Raises:
        ValueError: more CPUs or GPUs than there are, with what to change.
    """
    wanted_gpus = sum(pool.workers * pool.gpus for pool in pools)
    shape = "; ".join(str(pool) for pool in pools)
    if wanted_gpus > gpus + 1e-6:
        raise ValueError(
            f"the pools ask for {wanted_gpus:g} GPUs and there are {gpus:g} ({shape}); "
            "lower --workers or --gpus, or connect to a cluster with --address"
        )
    if largest_gpu_node is not None:
        for pool in pools:
            if pool.gpus > largest_gpu_node:
                raise ValueError(
                    f"{pool} needs {pool.gpus:g} GPUs on one node; the largest has {largest_gpu_node:g}"
                )
    if needed_cpus(pools) > cpus + 1e-6:
        raise ValueError(
            f"the pools need {needed_cpus(pools):g} CPUs ({POOL_HEADROOM} of them for reading and writing) "
            f"and the cluster has {cpus:g} ({shape}); lower --workers, or add nodes"
        )
