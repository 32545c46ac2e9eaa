"""Published and small sets of the rewriter's settings."""

from __future__ import annotations

from collections.abc import Mapping

from trainers.loop.settings import TrainingSettings, computes_bf16

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

# Two CPU workers and the pocket Flamingo: minutes. Where a CPU has bf16 it computes twice as fast as fp32;
# small micro-batches, which fit the cache, are a seventh faster.
POCKET_REWRITER = TrainingSettings(
    moves="lora",
    learning_rate=2e-3,
    epochs=1,
    batch_size=32,
    context=512,
    max_images=None,
    tokens_per_micro_batch=1024,
    precision="bf16" if computes_bf16() else "fp32",
    zero=2,
    activation_checkpointing=False,
    warmup_steps=10,
    rows=3000,
    checkpoint_every=20,
)

REWRITER_PRESETS: Mapping[str, TrainingSettings] = {"paper": PAPER_REWRITER, "pocket": POCKET_REWRITER}
