"""Flags that change an MMBT preset."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from actors.did_you_mean import did_you_mean
from trainers.mmbt.settings import ALWAYS, LOWEST, POSITIVE, PRESETS, Metric, MmbtSettings

EITHER = (UnionType, Union)  # `int | None`, and what typing makes of `Literal[1, 2] | None`


@dataclass(frozen=True)
class MmbtFlags:
    """What to change in the preset; everything left out is the preset's."""

    image_model: str | None = None
    """Backbone: `resnet18` to `resnet152`, `efficientnet-lite0`, NAME=FILE.pth, or NAME@random."""
    text_model: str | None = None
    """BERT: a folder, a hub id, or `all-MiniLM-L6-v2`."""
    image_tokens: Literal[1, 2, 3, 4, 5, 6, 7, 8, 9] | None = None
    """Tokens that a picture becomes."""
    max_text_tokens: int | None = None
    """Word pieces of a text; the rest is cut."""
    learning_rate: float | None = None
    """Highest rate, after warm-up; it falls in a straight line to 0 at the last step."""
    eps: float | None = None
    """AdamW's."""
    warmup: float | None = None
    """Steps of rising rate: below 1 a share of all steps, else their number."""
    batch_size: int | None = None
    """Rows per optimizer step, over all workers and accumulated micro-batches."""
    micro_batch_size: int | None = None
    """Rows a worker computes at once."""
    epochs: int | None = None
    """At most this many."""
    max_steps: int | None = None
    """At most this many optimizer steps."""
    patience: int | None = None
    """Epochs without a better dev figure before it stops."""
    stop_on_single: Metric | None = None
    """The dev figure, for tasks with one label per row."""
    stop_on_multi: Metric | None = None
    """The dev figure, for tasks with several labels per row."""
    freeze_image: int | None = None
    """Epochs before the picture backbone trains; -1: never."""
    freeze_text: int | None = None
    """Epochs before BERT trains; -1: never."""
    freeze_words: int | None = None
    """Epochs before BERT's word, position and segment vectors train; -1: never."""
    plateau_factor: float | None = None
    """The rate is multiplied by it when the dev figure stands still; 1: never."""
    plateau_patience: int | None = None
    """Epochs that it may stand still."""
    weight_decay: float | None = None
    """Not on biases and LayerNorm."""
    max_grad_norm: float | None = None
    """Gradients longer than this are cut; 0: never."""
    dropout: float | None = None
    """Before the last layer."""
    class_weights: bool | None = None
    """Rare classes weigh more: N / frequency. By default with several labels per row alone, as published."""
    held_out: float | None = None
    """Share of the training rows that is the dev set when --dev is not given."""
    autocast: bool | None = None
    """Compute in bf16; weights and optimizer stay fp32."""
    zero: Literal[0, 1, 2] | None = None
    """DeepSpeed ZeRO stage: what the workers share out among them."""
    checkpoint_s: float | None = None
    """Seconds between checkpoints."""
    seed: int | None = None

    def settings(self, preset: str) -> MmbtSettings:
        """The preset with the given flags in it.

        Raises:
            ValueError: a number that cannot be.
        """
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        return checked(
            replace(PRESETS[preset], **{name: value for name, value in given.items() if value is not None})
        )


def checked(settings: MmbtSettings) -> MmbtSettings:
    """`settings`, if every number in them can be.

    Raises:
        ValueError: name and value of one that cannot, and what was expected.
    """
    for name, lowest in LOWEST.items():
        value = getattr(settings, name)
        if value is not None and not (value >= lowest and math.isfinite(value)):
            raise ValueError(f"{name} is {value}, expected {lowest} or more")
    for name in POSITIVE:
        value = getattr(settings, name)
        if not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{name} is {value}, expected more than 0")
    for name in ("freeze_image", "freeze_text", "freeze_words"):
        if getattr(settings, name) < ALWAYS:
            raise ValueError(f"{name} is {getattr(settings, name)}, expected epochs, or -1 for all of them")
    if not 0 < settings.held_out < 1:
        raise ValueError(f"held_out is {settings.held_out}, expected a share between 0 and 1")
    if not 0 <= settings.dropout < 1:
        raise ValueError(f"dropout is {settings.dropout}, expected a share from 0 to below 1")
    if not 0 < settings.plateau_factor <= 1:
        raise ValueError(f"plateau_factor is {settings.plateau_factor}, expected more than 0 and at most 1")
    return settings


def settings_from(values: Mapping[str, Any], where: str) -> MmbtSettings:
    """The settings of flags by name, `-` or `_` in it, `preset` among them (default pocket).

    Raises:
        ValueError: an unknown flag, or a value of the wrong kind; `where` says in which file.
    """
    named = {name.removeprefix("--").replace("-", "_"): value for name, value in values.items()}
    preset = named.pop("preset", "pocket")
    if preset not in PRESETS:
        raise ValueError(f"{where}: preset is {preset!r}, expected one of {', '.join(PRESETS)}")
    known = get_type_hints(MmbtFlags)
    for name, value in named.items():
        if name not in known:
            raise ValueError(
                f"{where}: no setting {name!r}{did_you_mean(name, known)}; there are {', '.join(known)}"
            )
        if not _fits(value, known[name]):
            raise ValueError(f"{where}: {name} is {value!r}, expected {_words(known[name])}")
    return MmbtFlags(**named).settings(preset)


def _fits(value: Any, kind: Any) -> bool:
    """Whether `value` may stand where a flag says `kind`; true and false are no numbers."""
    if get_origin(kind) is Literal:
        return any(type(value) is type(choice) and value == choice for choice in get_args(kind))
    if get_origin(kind) in EITHER:
        return any(_fits(value, one) for one in get_args(kind))
    return type(value) is kind or (kind is float and type(value) is int)


def _words(kind: Any) -> str:
    """What a flag of this kind takes."""
    if get_origin(kind) is Literal:
        return f"one of {', '.join(map(repr, get_args(kind)))}"
    if get_origin(kind) in EITHER:
        return " or ".join(_words(one) for one in get_args(kind) if one is not NoneType)
    return {int: "a whole number", float: "a number", bool: "true or false", str: "text"}[kind]
