"""Settings of an MMBT training: their fields, their published sets, and reading them from a file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from actors.did_you_mean import did_you_mean
from actors.models.mmbt.config import MmbtConfig
from trainers.loop.settings import YesOrNo, computes_bf16

Metric = Literal["accuracy", "micro_f1", "macro_f1", "auroc", "loss"]
Preset = Literal["mmbt", "mmf", "pocket"]
ALWAYS = -1  # epochs: frozen to the end
EITHER = (UnionType, Union)  # `int | None`, and what typing makes of `Literal[1, 2] | None`
LOWEST: Mapping[int, Sequence[str]] = {
    1: ("max_text_tokens", "batch_size", "micro_batch_size", "epochs", "max_steps", "patience"),
    0: ("plateau_patience", "warmup", "weight_decay", "max_grad_norm", "checkpoint_s"),
}


@dataclass(frozen=True)
class MmbtSettings:
    """Settings of the preset, which flags change.

    Every value that a training follows.
    """

    image_model: str
    """Backbone: `resnet18` to `resnet152`, `efficientnet-lite0`, NAME=FILE.pth, or NAME@random."""
    text_model: str
    """BERT: a folder, a hub id, or `all-MiniLM-L6-v2`."""
    image_tokens: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9]
    """Tokens that a picture becomes."""
    max_text_tokens: int
    """Word pieces of a text; the rest is cut."""
    learning_rate: float
    """Highest rate, after warm-up; it falls in a straight line to 0 at the last step."""
    eps: float
    """AdamW's epsilon."""
    warmup: float
    """Steps of rising rate: below 1 a share of all steps, else their number."""
    batch_size: int
    """Rows per optimizer step, over all workers and accumulated micro-batches."""
    micro_batch_size: int
    """Rows a worker computes at once."""
    epochs: int
    """At most this many passes over the training rows."""
    patience: int
    """Epochs without a better dev figure before it stops."""
    stop_on_single: Metric
    """The dev figure, for tasks with one label per row."""
    stop_on_multi: Metric = "micro_f1"
    """The dev figure, for tasks with several labels per row."""
    max_steps: int | None = None
    """At most this many optimizer steps."""
    freeze_image: int = 0
    """Epochs before the picture backbone trains; -1: never."""
    freeze_text: int = 0
    """Epochs before BERT trains; -1: never."""
    freeze_words: int = 0
    """Epochs before BERT's word, position and segment vectors train; -1: never."""
    plateau_factor: float = 1.0
    """Factor on the learning rate when the dev figure no longer improves; 1: none."""
    plateau_patience: int = 2
    """Epochs without a better dev figure before that."""
    weight_decay: float = 0.01
    """AdamW's weight decay; none on biases and LayerNorm."""
    max_grad_norm: float = 1.0
    """Gradients with a larger norm are scaled down to it; 0: never."""
    dropout: float = 0.1
    """Dropout rate before the last layer."""
    class_weights: bool | None = None
    """Rare classes weigh more: N / frequency. By default with several labels per row alone, as published."""
    held_out: float = 0.1
    """Share of the training rows that is the dev set when --dev is not given."""
    autocast: YesOrNo = False
    """Compute in bf16; weights and optimizer stay fp32."""
    zero: Literal[0, 1, 2] = 2
    """DeepSpeed ZeRO stage: what the workers share out among them."""
    checkpoint_s: float = 60.0
    """Seconds between checkpoints."""
    seed: int = 0
    """Random seed of new layers, the order of rows, dropout, and the rows held out."""

    precision = "fp32"  # of weights and optimizer; `autocast` computes in bf16 all the same

    def stop_on(self, *, multi_label: bool) -> Metric:
        """The metric on the dev set that chooses the best epoch and stops the training."""
        return self.stop_on_multi if multi_label else self.stop_on_single

    def config(self, labels: Sequence[str], *, multi_label: bool) -> MmbtConfig:
        """The configuration that the model is built from."""
        return MmbtConfig(
            text_model=self.text_model,
            image_model=self.image_model,
            labels=tuple(labels),
            multi_label=multi_label,
            image_tokens=self.image_tokens,
            dropout=self.dropout,
            max_text_tokens=self.max_text_tokens,
        )

    def check(self) -> None:
        """Raises ValueError for a number outside its range, with its name and what was expected."""
        for name, lowest in [(name, lowest) for lowest, names in LOWEST.items() for name in names]:
            value = getattr(self, name)
            if value is not None and not (value >= lowest and math.isfinite(value)):
                raise ValueError(f"{name} is {value}, expected {lowest} or more")
        for name in ("learning_rate", "eps"):
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{name} is {value}, expected more than 0")
        for name in ("freeze_image", "freeze_text", "freeze_words"):
            if getattr(self, name) < ALWAYS:
                raise ValueError(f"{name} is {getattr(self, name)}, expected epochs, or -1 for all of them")
        if not 0 < self.held_out < 1:
            raise ValueError(f"held_out is {self.held_out}, expected a share between 0 and 1")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}, expected a share from 0 to below 1")
        if not 0 < self.plateau_factor <= 1:
            raise ValueError(f"plateau_factor is {self.plateau_factor}, expected more than 0 and at most 1")


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
    freeze_image=ALWAYS,
    freeze_words=ALWAYS,
    autocast=computes_bf16(),
)

PRESETS: Mapping[str, MmbtSettings] = {"mmbt": MMBT, "mmf": MMF, "pocket": POCKET}


def settings_from(values: Mapping[str, Any], where: str) -> MmbtSettings:
    """The settings of flags by name, `-` or `_` in it, `preset` among them (default pocket); a null is the
    preset's value.

    Raises:
        ValueError: an unknown flag, or a value of the wrong kind; `where` says in which file.
    """
    by_name = {name.removeprefix("--").replace("-", "_"): value for name, value in values.items()}
    preset = by_name.pop("preset", "pocket")
    if preset not in PRESETS:
        raise ValueError(f"{where}: preset is {preset!r}, expected one of {', '.join(PRESETS)}")
    kinds = get_type_hints(MmbtSettings)
    for name, value in by_name.items():
        if name not in kinds:
            raise ValueError(
                f"{where}: no setting {name!r}{did_you_mean(name, kinds)}; there are {', '.join(kinds)}"
            )
        if value is not None and not _fits(value, kinds[name]):
            raise ValueError(f"{where}: {name} is {value!r}, expected {_expected(kinds[name])}")
    changes = {name: value for name, value in by_name.items() if value is not None}
    settings = replace(PRESETS[preset], **changes)
    settings.check()
    return settings


def _fits(value: Any, kind: Any) -> bool:
    """Whether `value` may stand where a setting is a `kind`; true and false are no numbers."""
    if get_origin(kind) is Literal:
        return any(type(value) is type(choice) and value == choice for choice in get_args(kind))
    if get_origin(kind) in EITHER:
        return any(_fits(value, one) for one in get_args(kind))
    return type(value) is kind or (kind is float and type(value) is int)


def _expected(kind: Any) -> str:
    """The values that a setting of type `kind` takes, in words for an error message."""
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(repr, get_args(kind)))}"
    if get_origin(kind) in EITHER:
        return " or ".join(_expected(one) for one in get_args(kind) if one is not NoneType)
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]
