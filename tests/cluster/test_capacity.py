"""Pools that could never start are refused with the way out."""

from __future__ import annotations

import pytest

from cluster.capacity import POOL_HEADROOM, Pool, check_fit, needed_cpus


def test_headroom_is_counted() -> None:
    assert needed_cpus([Pool("A", 2, 1.5, 0.0)]) == 3 + POOL_HEADROOM


def test_two_full_pools_are_refused_instead_of_hanging() -> None:
    pools = [Pool("A", 1, 1.0, 0.0), Pool("B", 1, 1.0, 0.0)]
    with pytest.raises(ValueError, match="the pools need 5 CPUs .* and the cluster has 2"):
        check_fit(pools, cpus=2, gpus=0)
    check_fit(pools, cpus=5, gpus=0)


def test_missing_gpus_are_told_with_the_shape() -> None:
    with pytest.raises(ValueError, match=r"ask for 4 GPUs and there are 2 \(A: 4 x \(1 CPU, 1 GPU\)\)"):
        check_fit([Pool("A", 4, 1.0, 1.0)], cpus=100, gpus=2)


def test_a_worker_must_fit_one_node() -> None:
    with pytest.raises(ValueError, match="needs 4 GPUs on one node; the largest has 2"):
        check_fit([Pool("A", 1, 1.0, 4.0)], cpus=100, gpus=8, largest_gpu_node=2)
