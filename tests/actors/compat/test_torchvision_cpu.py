from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MODEL = "from transformers import LlamaForCausalLM; from torchvision import transforms"

ORDERS = {
    "actors_first": f"import actors; {MODEL}",
    "transformers_first": f"import transformers; import actors; {MODEL}",
    "torchvision_failed_before": f"""
try:
    {MODEL}
except (ImportError, RuntimeError):
    pass
import actors; {MODEL}""",
}


def run(code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code + "\nprint(LlamaForCausalLM.__name__)"]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("order", sorted(ORDERS))
def test_models_import_whatever_came_first(order):
    result = run(ORDERS[order])
    assert result.stdout.strip() == "LlamaForCausalLM", result.stderr[-800:]


def test_importing_actors_imports_neither_torch_nor_torchvision():
    heavy = {"torch", "torchvision", "transformers", "ray"}
    code = f"import actors, sys\nprint(sorted({heavy!r} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "[]"


def test_a_ray_worker_that_gets_an_actor_class_can_import_models(shared_ray):
    import ray

    from actors.base import Actor

    class Probe(Actor):
        def load(self) -> None:
            from transformers import LlamaForCausalLM

            self.name = LlamaForCausalLM.__name__

        def answer(self) -> str:
            return self.name

    def probe(actor: Actor) -> str:
        actor.load()
        return actor.answer()

    assert ray.get(ray.remote(probe).remote(Probe())) == "LlamaForCausalLM"
