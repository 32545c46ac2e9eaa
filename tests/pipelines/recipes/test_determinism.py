from __future__ import annotations

import pytest

from pipelines.recipes.determinism import determinism


@pytest.mark.parametrize("engine", ["transformers", "flamingo", "mmbt", "scores"])
def test_float32_in_our_own_engines_does_not_depend_on_the_batch(engine: str) -> None:
    assert determinism(engine, "float32")["batch_invariant"] is True
    assert determinism(engine, "bfloat16")["batch_invariant"] is False


def test_auto_is_bfloat16_on_a_gpu_and_float32_elsewhere() -> None:
    on_gpu, on_cpu = determinism("transformers", gpus=0.5), determinism("transformers")
    assert (on_gpu["dtype"], on_gpu["batch_invariant"]) == ("bfloat16", False)
    assert (on_cpu["dtype"], on_cpu["batch_invariant"]) == ("float32", True)


def test_other_peoples_engines_promise_nothing() -> None:
    assert determinism("vllm", "float32")["batch_invariant"] is False
    assert determinism("openai", "float32") == {
        "dtype": None, "batch_invariant": False, "note": "decided by the endpoint",
    }  # fmt: skip
