"""Settings that, with base model and rows, decide the trained weights."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from pathlib import Path
from typing import Annotated, Literal

import tyro

Moves = Literal["lora", "connector"]
OverLong = Literal["drop", "shorten_history"]
YesOrNo = Annotated[bool, tyro.conf.FlagConversionOff]  # `--flag True`
NoFlag = tyro.conf.Suppress


def computes_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether this CPU multiplies in bf16 itself; elsewhere bf16 is emulated, ten times slower than fp32."""
    words = cpuinfo.read_text().split() if cpuinfo.exists() else []
    return not {"avx512_bf16", "amx_bf16", "bf16"}.isdisjoint(words)


@dataclass(frozen=True)
class TrainingSettings:
    """Settings of the preset, which flags change.

    Everything that decides the trained weights, beside base model and rows.
    """

    moves: Annotated[Moves, NoFlag]
    learning_rate: float
    """Highest rate, after warm-up."""
    epochs: int
    """Passes over the rows."""
    batch_size: int
    """Rows per optimizer step, over all workers."""
    context: int
    """Tokens a row may have, prompt and answer together."""
    max_images: int | None
    """Refuse rows with more pictures."""
    tokens_per_micro_batch: int
    """Padded tokens a worker computes at once; lower it when memory runs out."""
    precision: Literal["bf16", "fp32"]
    """Number format of weights and activations."""
    zero: Literal[0, 1, 2, 3]
    """DeepSpeed ZeRO stage: what the workers share out among them."""
    activation_checkpointing: YesOrNo
    """Compute layers twice instead of keeping their activations."""
    warmup_steps: int = 100
    """Steps of rising rate; at most half of all."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """Learning rate after warm-up: cosine falls to a tenth of it, constant stays."""
    max_grad_norm: float = 1.0
    """Gradients with a larger norm are scaled down to it; 0: never."""
    weight_decay: Annotated[float, NoFlag] = 0.0
    over_long: OverLong = "drop"
    """Rows over the context: drop them, or leave out their earliest turns. Answers are never cut."""
    lora_rank: int = 64
    """Rank of the adapters."""
    lora_alpha: int = 16
    """The adapters' outputs are scaled by alpha / rank."""
    lora_dropout: float = 0.1
    """Dropout rate of the adapters' inputs."""
    lora_init_from: str | None = None
    """Adapter folder to start from, such as a copy of Guanaco-7B's."""
    rows: int | None = None
    """Take at most this many live rows, chosen by the seed."""
    seed: int = 0
    """Random seed of the order of rows, of dropout, and of new adapters' weights."""
    checkpoint_every: int = 100
    """Optimizer steps between checkpoints."""

    def check(self) -> None:
        """Raises ValueError for a number outside its range."""
        counts = ("epochs", "batch_size", "context", "tokens_per_micro_batch", "checkpoint_every")
        for name in (*counts, "lora_rank", "rows"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}, expected 1 or more")
        if self.learning_rate <= 0:
            raise ValueError(f"learning_rate is {self.learning_rate}, expected more than 0")


def learning_rate_at(step: int, total: int, settings: TrainingSettings) -> float:
    """The rate of step `step` (from 0) of `total`: linear warm-up, then cosine to a tenth, or flat."""
    warmup = min(settings.warmup_steps, total // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    progress = (step - warmup) / max(1, total - warmup)
    return settings.learning_rate * (0.1 + 0.9 * 0.5 * (1 + cos(pi * progress)))
