"""Training tests that start Ray: what lies in tests/support travels to the workers whole."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _trainee_travels_by_value() -> Iterator[None]:
    import mmbt_sets
    import tiny_mmbt
    import tiny_trainee
    from ray import cloudpickle

    for module in (mmbt_sets, tiny_mmbt, tiny_trainee):
        cloudpickle.register_pickle_by_value(module)
    yield
    for module in (mmbt_sets, tiny_mmbt, tiny_trainee):
        cloudpickle.unregister_pickle_by_value(module)
