"""What decides an MMBT's weights beside its rows, the published sets of it, and the flags that change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from actors.models.mmbt.config import MmbtConfig

Metric = Literal["accuracy", "micro_f1", "macro_f1", "auroc", "loss"]
Preset = Literal["mmbt", "mmf", "pocket"]
ALWAYS = -1  # epochs: frozen to the end


@dataclass(frozen=True)
class MmbtSettings:
    """Every value that a training follows; `warmup` below 1 is a share of all steps, else their number."""

    image_model: str
    text_model: str
    image_tokens: int
    max_text_tokens: int
    learning_rate: float
    eps: float
    warmup: float
    batch_size: int
    micro_batch_size: int
    epochs: int
    patience: int
    stop_on_single: Metric
    stop_on_multi: Metric
    max_steps: int | None = None
    freeze_image: int = 0
    freeze_text: int = 0
    freeze_words: int = 0
    plateau_factor: float = 1.0
    plateau_patience: int = 2
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    dropout: float = 0.1
    class_weights: bool | None = None
    held_out: float = 0.1
    autocast: bool = False
    zero: Literal[0, 1, 2] = 2
    checkpoint_s: float = 60.0
    seed: int = 0

    @property
    def precision(self) -> Literal["fp32"]:
        """Of weights and optimizer; `autocast` computes in bf16 all the same."""
        return "fp32"

    def stop_on(self, *, multi_label: bool) -> Metric:
        """What the dev set is judged by."""
        return self.stop_on_multi if multi_label else self.stop_on_single

    def config(self, labels: Sequence[str], *, multi_label: bool) -> MmbtConfig:
        """What the model is built from."""
        return MmbtConfig(
            text_model=self.text_model,
            image_model=self.image_model,
            labels=tuple(labels),
            multi_label=multi_label,
            image_tokens=self.image_tokens,
            dropout=self.dropout,
            max_text_tokens=self.max_text_tokens,
        )


# facebookresearch/mmbt with the values of its README: micro-batches of 4, 40 of them a step. BertAdam cuts
# each tensor's gradient at 1, this one cuts all of them together.
MMBT = MmbtSettings(
    image_model="resnet152",
    text_model="bert-base-uncased",
    image_tokens=3,
    max_text_tokens=509,
    learning_rate=5e-5,
    eps=1e-6,
    warmup=0.1,
    batch_size=160,
    micro_batch_size=4,
    epochs=100,
    patience=5,
    stop_on_single="accuracy",
    stop_on_multi="micro_f1",
    freeze_image=3,
    freeze_text=5,
    plateau_factor=0.5,
)

# MMF's configurations for Hateful Memes (128 tokens) and MM-IMDB (256). Its patience of 4,000 updates is
# about 15 epochs of Hateful Memes.
MMF = MmbtSettings(
    image_model="resnet152",
    text_model="bert-base-uncased",
    image_tokens=1,
    max_text_tokens=128,
    learning_rate=1e-5,
    eps=1e-8,
    warmup=2000,
    batch_size=32,
    micro_batch_size=32,
    epochs=1000,
    max_steps=22_000,
    patience=15,
    stop_on_single="auroc",
    stop_on_multi="micro_f1",
    max_grad_norm=0.0,
)

# A thousand short texts in seconds on one core: the picture side never moves, so every picture is encoded
# once; the words' own vectors, half of MiniLM's numbers, stay.
POCKET = MmbtSettings(
    image_model="efficientnet-lite0",
    text_model="all-MiniLM-L6-v2",
    image_tokens=1,
    max_text_tokens=64,
    learning_rate=3e-4,
    eps=1e-8,
    warmup=0.1,
    batch_size=32,
    micro_batch_size=32,
    epochs=6,
    patience=2,
    stop_on_single="accuracy",
    stop_on_multi="micro_f1",
    freeze_image=ALWAYS,
    freeze_words=ALWAYS,
    autocast=True,
)

PRESETS: Mapping[str, MmbtSettings] = {"mmbt": MMBT, "mmf": MMF, "pocket": POCKET}
POSITIVE = ("learning_rate", "eps")
LOWEST: Mapping[str, int] = {
    "image_tokens": 1,
    "max_text_tokens": 1,
    "batch_size": 1,
    "micro_batch_size": 1,
    "epochs": 1,
    "max_steps": 1,
    "patience": 1,
    "plateau_patience": 0,
    "warmup": 0,
    "weight_decay": 0,
    "max_grad_norm": 0,
    "checkpoint_s": 0,
}
