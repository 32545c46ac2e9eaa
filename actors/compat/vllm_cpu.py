"""Lets vLLM look at model classes beside the CPU torchvision of this environment.

vLLM inspects a model's class in a fresh interpreter, so as not to start CUDA too early. That interpreter
lacks the torchvision fix and cannot import transformers: "Model architectures … failed to be
inspected". Without a GPU there is nothing to start, and this process can look itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def inspect_in_this_process() -> None:
    """Call it on a CPU, after `import vllm` and before a model is loaded."""
    from vllm.model_executor.models import registry

    registry._run_in_subprocess = _run_here


def _run_here(inspect: Callable[[], Any]) -> Any:
    return inspect()
