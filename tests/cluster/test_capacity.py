"""Pools that could never start are refused with the way out."""

from __future__ import annotations

import pytest

from cluster.capacity import POOL_HEADROOM, Pool, check_fit, needed_cpus, needed_gpus


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


def test_a_worker_must_fit_the_cpus_of_one_node() -> None:
    pool = Pool("A", 2, 8.0, 0.0)
    with pytest.raises(ValueError, match="needs 8 CPUs on one node; the largest has 4; lower --cpus"):
        check_fit([pool], cpus=100, gpus=0, largest_cpu_node=4)
    check_fit([pool], cpus=100, gpus=0, largest_cpu_node=8)


def test_shares_of_a_gpu_do_not_spread_over_two() -> None:
    with pytest.raises(ValueError, match=r"ask for 3 GPUs and there are 2 .*3 x \(1 CPU, 0.6 GPU\)"):
        check_fit([Pool("A", 3, 1.0, 0.6)], cpus=100, gpus=2)
    assert needed_gpus([Pool("A", 3, 1.0, 0.5)]) == 2
    assert needed_gpus([Pool("A", 10, 1.0, 0.1)]) == 1
    assert needed_gpus([Pool("A", 3, 1.0, 1 / 3), Pool("B", 1, 1.0, 2.0)]) == 3
    assert needed_gpus([Pool("A", 2, 1.0, 0.6), Pool("B", 2, 1.0, 0.4), Pool("C", 4, 1.0, 0.0)]) == 2
