"""Whether the pools of a run fit the machines, so that Ray never waits for ever."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

POOL_HEADROOM = 3  # logical CPUs for reading, writing and the checkpoint filter; without them full pools hang

ROUNDING = 1e-6


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


def needed_gpus(pools: Sequence[Pool]) -> float:
    """GPUs that the pools occupy together: Ray never spreads a share of a GPU over two, so that
    workers of 0.6 need one each."""
    shares = sorted((pool.gpus for pool in pools for _ in range(pool.workers)), reverse=True)
    whole = sum(math.ceil(share - ROUNDING) for share in shares if share >= 1)
    free: list[float] = []
    for share in shares:
        if not 0 < share < 1:
            continue
        place = next((i for i, room in enumerate(free) if room >= share - ROUNDING), len(free))
        if place == len(free):
            free.append(1.0)
        free[place] -= share
    return whole + len(free)


def check_fit(
    pools: Sequence[Pool],
    *,
    cpus: float,
    gpus: float,
    largest_cpu_node: float | None = None,
    largest_gpu_node: float | None = None,
) -> None:
    """Refuses pools that could never all start.

    Raises:
        ValueError: pools that need more CPUs or GPUs than there are, or any node has; says what to change.
    """
    gpus_needed = needed_gpus(pools)
    shape = "; ".join(str(pool) for pool in pools)
    if gpus_needed > gpus + ROUNDING:
        raise ValueError(
            f"the pools ask for {gpus_needed:g} GPUs and there are {gpus:g} ({shape}); "
            "lower --workers or --gpus, or connect to a cluster with --address"
        )
    for pool in pools:
        needs = ((pool.gpus, largest_gpu_node, "GPU"), (pool.cpus, largest_cpu_node, "CPU"))
        for needed, largest, kind in needs:
            if largest is not None and needed > largest + ROUNDING:
                raise ValueError(
                    f"{pool} needs {needed:g} {kind}s on one node; the largest has {largest:g}; "
                    f"lower --{kind.lower()}s"
                )
    if needed_cpus(pools) > cpus + ROUNDING:
        raise ValueError(
            f"the pools need {needed_cpus(pools):g} CPUs ({POOL_HEADROOM} of them for reading and writing) "
            f"and the cluster has {cpus:g} ({shape}); lower --workers, or add nodes"
        )
