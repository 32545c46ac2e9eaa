"""Training tests that start Ray: what lies in tests/support travels to the workers whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _trainee_travels_by_value() -> Iterator[None]:
    import tiny_trainee
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(tiny_trainee)
    yield
    cloudpickle.unregister_pickle_by_value(tiny_trainee)
