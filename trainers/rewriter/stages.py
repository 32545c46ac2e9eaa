"""The training stages: what moves, on what, for how long."""

from __future__ import annotations

from collections.abc import Mapping
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


# Table 4, first column. Warm-up and schedule were never published (FACTS §1.7).
PAPER_REWRITER = TrainingSettings(
    moves="lora",
    learning_rate=1e-4,
    epochs=3,
    batch_size=256,
    context=1024,
    max_images=None,
    tokens_per_micro_batch=8192,
    precision="bf16",
    zero=2,
    activation_checkpointing=True,
    rows=255_000,
)

# Two CPU workers and the pocket Flamingo: minutes. On a CPU bf16 computes twice as fast as fp32, and small
# micro-batches, which fit the cache, a seventh faster.
POCKET_REWRITER = TrainingSettings(
    moves="lora",
    learning_rate=2e-3,
    epochs=1,
    batch_size=32,
    context=512,
    max_images=None,
    tokens_per_micro_batch=1024,
    precision="bf16",
    zero=2,
    activation_checkpointing=False,
    warmup_steps=10,
    rows=3000,
    checkpoint_every=20,
)

REWRITER_PRESETS: Mapping[str, TrainingSettings] = {"paper": PAPER_REWRITER, "pocket": POCKET_REWRITER}


def learning_rate_at(step: int, total: int, settings: TrainingSettings) -> float:
    """The rate of step `step` (from 0) of `total`: linear warm-up, then cosine to a tenth, or flat."""
    warmup = min(settings.warmup_steps, total // 2)
    if step < warmup:
        return settings.learning_rate * (step + 1) / warmup
    if settings.schedule == "constant":
        return settings.learning_rate
    progress = (step - warmup) / max(1, total - warmup)
    return settings.learning_rate * (0.1 + 0.9 * 0.5 * (1 + cos(pi * progress)))
