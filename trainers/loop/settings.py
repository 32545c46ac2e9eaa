"""What decides the weights that a training of examples ends with."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import Literal

Moves = Literal["lora", "connector"]
OverLong = Literal["drop", "shorten_history"]


@dataclass(frozen=True)
class TrainingSettings:
    """Everything that decides the trained weights, beside base model and rows."""

    moves: Moves
    learning_rate: float
    epochs: int
    batch_size: int
    context: int
    max_images: int | None
    tokens_per_micro_batch: int
    precision: Literal["bf16", "fp32"]
    zero: int
    activation_checkpointing: bool
    warmup_steps: int = 100
    schedule: Literal["cosine", "constant"] = "cosine"
    max_grad_norm: float = 1.0
    weight_decay: float = 0.0
    over_long: OverLong = "drop"
    lora_rank: int = 64
    lora_alpha: int = 16
    lora_dropout: float = 0.1
    lora_init_from: str | None = None
    rows: int | None = None
    seed: int = 0
    checkpoint_every: int = 100


def learning_rate_at(step: int, total: int, settings: TrainingSettings) -> float:
    """The rate of step `step` (from 0) of `total`: linear warm-up, then cosine to a tenth, or flat."""
    warmup = min(settings.warmup_steps, total // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    progress = (step - warmup) / max(1, total - warmup)
    return settings.learning_rate * (0.1 + 0.9 * 0.5 * (1 + cos(pi * progress)))
