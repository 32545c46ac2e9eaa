"""Gradient and optimizer step: in this process alone, or over workers with DeepSpeed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from trainers.loop.trainee import Place

SETTINGS = Path(__file__).parents[1] / "deepspeed"
BETAS, EPSILON = (0.9, 0.999), 1e-8
Weights = dict[str, Tensor]


class EngineSettings(Protocol):
    """The settings of a run that an engine uses; `max_grad_norm` 0 clips no gradient."""

    @property
    def learning_rate(self) -> float: ...

    @property
    def weight_decay(self) -> float: ...

    @property
    def max_grad_norm(self) -> float: ...

    @property
    def precision(self) -> str: ...

    @property
    def zero(self) -> int: ...


Rate = float | Sequence[float]  # learning rate of every parameter group, or one for each
OptimizerFor = Callable[[Mapping[str, Tensor], EngineSettings], torch.optim.Optimizer]


class Engine(Protocol):
    """Owns the trained parameters, their gradients and the optimizer."""

    def loss(self, batch: Any) -> Tensor: ...

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Adds the gradient of `loss`; `last` says that the optimizer step follows."""

    def step(self, learning_rate: Rate) -> float:
        """Moves the parameters and returns the gradient's norm before clipping."""

    def save(self, folder: Path) -> None:
        """Writes this worker's part of weights and optimizer into `folder`."""

    def load(self, folder: Path) -> None: ...

    def trained(self) -> Weights:
        """The trained parameters by name, unsharded and on the CPU; the same on every worker."""

    def trained_names(self) -> list[str]:
        """Names of the parameters that move, in the module's order."""


def optimizer_for(parameters: Mapping[str, Tensor], settings: EngineSettings) -> torch.optim.Optimizer:
    """AdamW over `parameters`, all in one group."""
    rate, decay = settings.learning_rate, settings.weight_decay
    return torch.optim.AdamW(list(parameters.values()), rate, BETAS, EPSILON, decay)


def set_rates(optimizer: Any, learning_rate: Rate) -> None:
    """Gives every parameter group its rate."""
    groups = optimizer.param_groups
    rates = [learning_rate] * len(groups) if isinstance(learning_rate, float) else learning_rate
    for group, rate in zip(groups, rates, strict=True):
        group["lr"] = rate


def save_weights(weights: Weights, file: Path) -> None:
    """Writes `file`, complete or absent."""
    part = file.with_suffix(".part")
    save_file({name: value.contiguous() for name, value in weights.items()}, part)
    part.replace(file)


class PlainEngine:
    """One process, no DeepSpeed. The optimizer works on float32 copies of the parameters that move.

    A parameter that requires no gradient for some steps stands still in them.
    """

    FILE = "engine.pt"

    def __init__(
        self, module: nn.Module, settings: EngineSettings, *, optimizer: OptimizerFor = optimizer_for
    ) -> None:
        self.module, self.settings = module, settings
        self.moving = {name: value for name, value in module.named_parameters() if value.requires_grad}
        self.copies = {name: value.detach().float().clone() for name, value in self.moving.items()}
        self.optimizer = optimizer(self.copies, settings)

    def loss(self, batch: Any) -> Tensor:
        return self.module(batch)

    def backward(self, loss: Tensor, *, last: bool) -> None:
        loss.backward()

    def step(self, learning_rate: Rate) -> float:
        set_rates(self.optimizer, learning_rate)
        for name, copy in self.copies.items():
            gradient, self.moving[name].grad = self.moving[name].grad, None
            copy.grad = None if gradient is None else gradient.float()
        limit = self.settings.max_grad_norm or float("inf")
        norm = torch.nn.utils.clip_grad_norm_(self.copies.values(), limit)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._put_copies()
        return float(norm)

    def save(self, folder: Path) -> None:
        torch.save({"weights": self.copies, "optimizer": self.optimizer.state_dict()}, folder / self.FILE)

    def load(self, folder: Path) -> None:
        state = torch.load(folder / self.FILE, weights_only=True, map_location="cpu")
        with torch.no_grad():
            for name, copy in self.copies.items():
                copy.copy_(state["weights"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self._put_copies()

    def trained(self) -> Weights:
        return {name: value.detach().cpu().clone() for name, value in self.moving.items()}

    def trained_names(self) -> list[str]:
        return list(self.moving)

    def _put_copies(self) -> None:
        with torch.no_grad():
            for name, value in self.moving.items():
                value.copy_(self.copies[name])


class DeepSpeedEngine:
    """ZeRO over the workers of an initialised torch process group."""

    TAG = "engine"

    def __init__(
        self,
        module: nn.Module,
        settings: EngineSettings,
        place: Place,
        *,
        most_micro_batches: int,
        optimizer: OptimizerFor = optimizer_for,
    ) -> None:
        deepspeed = _deepspeed()
        config = deepspeed_settings(settings, place, most_micro_batches)
        moving = {name: value for name, value in module.named_parameters() if value.requires_grad}
        for parameter in module.parameters():  # DeepSpeed cannot send weights laid out channels last
            parameter.data = parameter.data.contiguous()
        self.engine: Any = deepspeed.initialize(
            model=module, optimizer=optimizer(moving, settings), config=config, dist_init_required=False
        )[0]
        self._deepspeed, self._sharded_weights = deepspeed, settings.zero == 3
        self._moving = list(moving)

    def loss(self, batch: Any) -> Tensor:
        return self.engine(batch)

    def backward(self, loss: Tensor, *, last: bool) -> None:
        self.engine.set_gradient_accumulation_boundary(last)
        self.engine.backward(loss, scale_wrt_gas=False)

    def step(self, learning_rate: Rate) -> float:
        set_rates(self.engine.optimizer, learning_rate)
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
            if name not in self._moving:
                continue
            # ZeRO-3 leaves empty tensors behind unless each one is gathered first.
            with self._deepspeed.zero.GatheredParameters([parameter], enabled=self._sharded_weights):
                weights[name] = parameter.detach().cpu().clone()
        return weights

    def trained_names(self) -> list[str]:
        return self._moving


def engine_of(
    module: nn.Module,
    settings: EngineSettings,
    place: Place,
    *,
    most_micro_batches: int,
    optimizer: OptimizerFor = optimizer_for,
) -> Engine:
    """The engine of an initialised process group's worker, or of one process alone."""
    if not torch.distributed.is_initialized():
        return PlainEngine(module, settings, optimizer=optimizer)
    return DeepSpeedEngine(
        module, settings, place, most_micro_batches=most_micro_batches, optimizer=optimizer
    )


def deepspeed_settings(settings: EngineSettings, place: Place, most_micro_batches: int) -> dict[str, Any]:
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


def sum_over_workers(values: Tensor) -> Tensor:
    """The elementwise sum over all workers, the same on each of them; `values` themselves where there is
    one process alone."""
    if torch.distributed.is_initialized():
        values = values.to("cuda" if torch.distributed.get_backend() == "nccl" else "cpu")
        torch.distributed.all_reduce(values)
    return values


def wait_for_all() -> None:
    """Returns when every worker has called this."""
    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def _deepspeed() -> Any:
    if not torch.cuda.is_available():
        os.environ["DS_ACCELERATOR"] = "cpu"
    import deepspeed

    if not torch.cuda.is_available():
        # A compiled reduction through shared memory; it would build for a minute, and gloo serves as well.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    return deepspeed
