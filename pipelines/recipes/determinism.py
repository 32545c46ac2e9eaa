"""The `determinism` of a manifest: whether the same rows give the same output again, by engine."""

from __future__ import annotations

from typing import Any

ROW_ALONE = "a row's output depends on the row and the seed alone"
IN_FLOAT32 = {
    "transformers": ROW_ALONE,
    "flamingo": ROW_ALONE,
    "mmbt": "probabilities agree within 1e-5 whatever the batch",
    "scores": "scores agree within 1e-4 whatever the batch",
}
OTHERWISE = {"mmbt": "a probability in the third place"}  # changes with the batch; elsewhere the output


def determinism(engine: str, dtype: str = "auto", gpus: float = 0.0) -> dict[str, Any]:
    """`dtype` as it will be on workers with that many GPUs (`auto`: bfloat16 on one), whether a row's output
    is the same in every batch, and both in a sentence."""
    if engine == "openai":
        return {"dtype": None, "batch_invariant": False, "note": "decided by the endpoint"}
    if dtype == "auto":
        dtype = "bfloat16" if gpus else "float32"
    if dtype == "float32" and engine in IN_FLOAT32:
        return {"dtype": dtype, "batch_invariant": True, "note": IN_FLOAT32[engine]}
    changed = OTHERWISE.get(engine, "it")
    note = f"{dtype} on {engine} is not batch-invariant by promise: neighbours may change {changed}"
    return {"dtype": dtype, "batch_invariant": False, "note": note}
