"""One Ray for the tests that run pipelines: starting one takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CPUS = 8  # logical; more than any of these pipelines asks for


@pytest.fixture(scope="session")
def shared_ray() -> Iterator[str]:
    """The address of a private Ray that stays until the last test; runs attach to it instead of starting
    their own."""
    from cluster.capacity import Pool
    from cluster.connect import connected

    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PYTHONPATH", str(ROOT))  # for the workers of drivers in other processes
            machine = stack.enter_context(connected([Pool("tests", CPUS, 1.0, 0.0)]))
        yield machine.address
