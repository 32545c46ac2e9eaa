"""Flags that change a preset."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal

from trainers.loop.settings import OverLong, TrainingSettings
from trainers.rewriter.presets import REWRITER_PRESETS


@dataclass(frozen=True)
class TrainingFlags:
    """What to change in the preset; everything left out is the preset's."""

    learning_rate: float | None = None
    """Highest rate, after warm-up."""
    epochs: int | None = None
    """How often every row is seen."""
    batch_size: int | None = None
    """Rows per optimizer step, over all workers."""
    rows: int | None = None
    """Take at most this many live rows, chosen by the seed."""
    context: int | None = None
    """Tokens a row may have, prompt and answer together."""
    max_images: int | None = None
    """Refuse rows with more pictures."""
    over_long: OverLong | None = None
    """Rows over the context: drop them, or leave out their earliest turns. Answers are never cut."""
    tokens_per_micro_batch: int | None = None
    """Padded tokens a worker computes at once; lower it when memory runs out."""
    precision: Literal["bf16", "fp32"] | None = None
    """Of weights and activations."""
    zero: Literal[0, 1, 2, 3] | None = None
    """DeepSpeed ZeRO stage: what the workers share out among them."""
    activation_checkpointing: bool | None = None
    """Compute layers twice instead of keeping their activations."""
    warmup_steps: int | None = None
    schedule: Literal["cosine", "constant"] | None = None
    max_grad_norm: float | None = None
    lora_rank: int | None = None
    lora_alpha: int | None = None
    lora_dropout: float | None = None
    lora_init_from: str | None = None
    """Adapter folder to start from, such as a copy of Guanaco-7B's."""
    checkpoint_every: int | None = None
    """Optimizer steps between checkpoints."""
    seed: int | None = None

    def settings(self, preset: str) -> TrainingSettings:
        """The preset with the given flags in it.

        Raises:
            ValueError: a number that cannot be.
        """
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        settings = replace(
            REWRITER_PRESETS[preset], **{name: value for name, value in given.items() if value is not None}
        )
        for name in (
            "epochs",
            "batch_size",
            "context",
            "tokens_per_micro_batch",
            "checkpoint_every",
            "lora_rank",
        ):
            if getattr(settings, name) < 1:
                raise ValueError(f"{name} is {getattr(settings, name)}, expected 1 or more")
        if settings.rows is not None and settings.rows < 1:
            raise ValueError(f"rows is {settings.rows}, expected 1 or more")
        if settings.learning_rate <= 0:
            raise ValueError(f"learning_rate is {settings.learning_rate}, expected more than 0")
        return settings
