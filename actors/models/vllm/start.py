"""vLLM inside this process, with the settings that a CPU and a GPU need."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from actors.compat.vllm_cpu import inspect_in_this_process

INSTALL = "pip install -e '.[vllm]' on a machine with a GPU; `make test-vllm` shows the CPU build"
# vLLM reads these itself and has no arguments for them. An engine in a process of its own would outlive
# a killed worker.
SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_CPU_KVCACHE_SPACE": "2",
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}
CPU_BLOCK = 32  # tokens; prompts share whole blocks alone, and the default of 128 is a whole prompt
GPU_DEVICES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")  # Linux, Linux under Windows, AMD


def vllm_available() -> bool:
    """Whether vLLM is installed and this process may use a GPU; imports neither vLLM nor torch."""
    if find_spec("vllm") is None:
        return False
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    hidden = visible is not None and visible.strip() in ("", "-1")  # how Ray starts a worker without GPU
    return not hidden and any(Path(device).exists() for device in GPU_DEVICES)


def check_vllm() -> None:
    """Preflight. Raises ValueError: vLLM is not installed, with the install line."""
    if find_spec("vllm") is None:
        raise ValueError(f"the vllm engine needs vLLM, which is not installed; run: {INSTALL}")


def start_llm(
    checkpoint: str, *, dtype: str = "auto", rope_factor: float | None = None, max_context: int | None = None
) -> Any:
    """A `vllm.LLM`; arguments as in `load_checkpoint`.

    Raises:
        ValueError: vLLM is not installed, or the checkpoint cannot be loaded.
    """
    check_vllm()
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    from vllm import LLM
    from vllm.platforms import current_platform

    from actors.models.weights.checkpoints import find_checkpoint

    source = find_checkpoint(checkpoint)
    on_cpu = current_platform.is_cpu()
    settings: dict[str, Any] = {"dtype": dtype if dtype != "auto" else "float32" if on_cpu else "bfloat16"}
    if on_cpu:
        inspect_in_this_process()
        settings |= {"enforce_eager": True, "block_size": CPU_BLOCK}
    if rope_factor is not None:
        settings["hf_overrides"] = {"rope_parameters": _linear_rope(source, rope_factor)}
    if max_context is not None:
        settings["max_model_len"] = max_context
    return LLM(
        source, enable_prefix_caching=True, trust_remote_code=False, disable_log_stats=True, **settings
    )


def _linear_rope(source: str, factor: float) -> dict[str, Any]:
    from transformers import AutoConfig

    rope = getattr(AutoConfig.from_pretrained(source, trust_remote_code=False), "rope_parameters", None)
    if not rope or "rope_theta" not in rope:
        raise ValueError(f"rope_factor {factor} needs rotary positions, and {source!r} has none of its own")
    return {"rope_type": "linear", "factor": factor, "rope_theta": rope["rope_theta"]}


def generation_config(llm: Any) -> Any:
    """The checkpoint's generation settings, None where it has none."""
    from transformers import GenerationConfig

    try:
        return GenerationConfig.from_pretrained(llm.model_config.model)
    except OSError:
        return None
