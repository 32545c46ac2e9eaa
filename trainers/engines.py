"""Gradient and optimizer step: in this process alone, or over workers with DeepSpeed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from trainers.stages import TrainingSettings
from trainers.trainee import Place

SETTINGS = Path(__file__).parent / "deepspeed"
BETAS, EPSILON = (0.9, 0.999), 1e-8
Weights = dict[str, Tensor]


class Engine(Protocol):
    """Owns the trained parameters, their gradients and the optimizer."""

    def loss(self, batch: Any) -> Tensor: ...

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Adds the gradient; `last` says that the step follows."""

    def step(self, learning_rate: float) -> float:
        """Moves the parameters and returns the gradient's norm before clipping."""

    def save(self, folder: Path) -> None:
        """Writes this worker's part of weights and optimizer into `folder`."""

    def load(self, folder: Path) -> None: ...

    def trained(self) -> Weights:
        """The parameters that move, whole and on the CPU; the same on every worker."""


def optimizer_for(module: nn.Module, settings: TrainingSettings) -> torch.optim.AdamW:
    """AdamW over the parameters that move."""
    moving = [parameter for parameter in module.parameters() if parameter.requires_grad]
    return torch.optim.AdamW(
        moving,
        lr=settings.learning_rate,
        betas=BETAS,
        eps=EPSILON,
        weight_decay=settings.weight_decay,
    )


class PlainEngine:
    """One process, no DeepSpeed; precision is the module's own."""

    FILE = "engine.pt"

    def __init__(self, module: nn.Module, settings: TrainingSettings) -> None:
        self.module, self.settings = module, settings
        self.optimizer = optimizer_for(module, settings)

    def loss(self, batch: Any) -> Tensor:
        result: Tensor = self.module(batch)
        return result

    def backward(self, loss: Tensor, *, last: bool) -> None:
        loss.backward()

    def step(self, learning_rate: float) -> float:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        moving = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(moving, self.settings.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(norm)

    def save(self, folder: Path) -> None:
        state = {"weights": self.trained(), "optimizer": self.optimizer.state_dict()}
        torch.save(state, folder / self.FILE)

    def load(self, folder: Path) -> None:
        state = torch.load(folder / self.FILE, weights_only=True, map_location="cpu")
        moving = dict(self.module.named_parameters())
        with torch.no_grad():
            for name, value in state["weights"].items():
                moving[name].copy_(value)
        self.optimizer.load_state_dict(state["optimizer"])

    def trained(self) -> Weights:
        return {
            name: parameter.detach().cpu().clone()
            for name, parameter in self.module.named_parameters()
            if parameter.requires_grad
        }


class DeepSpeedEngine:
    """ZeRO over the workers of an initialised torch process group."""

    TAG = "engine"

    def __init__(
        self, module: nn.Module, settings: TrainingSettings, place: Place, *, most_micro_batches: int
    ) -> None:
        deepspeed = _deepspeed()
        config = deepspeed_settings(settings, place, most_micro_batches)
        optimizer = optimizer_for(module, settings)
        self.engine: Any = deepspeed.initialize(
            model=module, optimizer=optimizer, config=config, dist_init_required=False
        )[0]
        self._deepspeed, self._sharded_weights = deepspeed, settings.zero == 3

    def loss(self, batch: Any) -> Tensor:
        result: Tensor = self.engine(batch)
        return result

    def backward(self, loss: Tensor, *, last: bool) -> None:
        self.engine.set_gradient_accumulation_boundary(last)
        self.engine.backward(loss, scale_wrt_gas=False)

    def step(self, learning_rate: float) -> float:
        for group in self.engine.optimizer.param_groups:
            group["lr"] = learning_rate
        self.engine.step()
        return float(self.engine.get_global_grad_norm() or 0.0)

    def save(self, folder: Path) -> None:
        self.engine.save_checkpoint(
            str(folder), tag=self.TAG, save_latest=False, exclude_frozen_parameters=True
        )

    def load(self, folder: Path) -> None:
        self.engine.load_checkpoint(
            str(folder), tag=self.TAG, load_module_strict=False, load_lr_scheduler_states=False
        )

    def trained(self) -> Weights:
        weights = {}
        for name, parameter in self.engine.module.named_parameters():
            if not parameter.requires_grad:
                continue
            # ZeRO-3 leaves empty tensors behind unless each one is gathered first.
            with self._deepspeed.zero.GatheredParameters([parameter], enabled=self._sharded_weights):
                weights[name] = parameter.detach().cpu().clone()
        return weights


def deepspeed_settings(settings: TrainingSettings, place: Place, most_micro_batches: int) -> dict[str, Any]:
    """The stage's JSON with what the run decides: precision, clipping and batch counts.

    Micro-batches differ in their number of rows, so the counts are those of micro-batches; the loop
    weighs by tokens and says itself where a step ends.
    """
    config: dict[str, Any] = json.loads((SETTINGS / f"zero{settings.zero}.json").read_text())
    return config | {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": most_micro_batches,
        "train_batch_size": most_micro_batches * place.workers,
        "gradient_clipping": settings.max_grad_norm,
        "bf16": {"enabled": settings.precision == "bf16"},
        "steps_per_print": 10**9,
    }


def _deepspeed() -> Any:
    if not torch.cuda.is_available():
        os.environ["DS_ACCELERATOR"] = "cpu"
    import deepspeed

    if not torch.cuda.is_available():
        # A compiled reduction through shared memory; it would build for a minute, and gloo serves as well.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    return deepspeed
