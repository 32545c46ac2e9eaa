"""Exports of a finished run: the adapter alone, and the whole model with the adapter merged in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from actors.models.flamingo.assembly import Flamingo, trainable
from actors.models.flamingo.keys import check_keys
from actors.models.flamingo.lora import (
    ADAPTER_CONFIG,
    ADAPTER_FILES,
    PEFT_PREFIX,
    SEVEN_LINEAR_KINDS,
    lora_parameters,
    merge_lora,
)
from actors.models.flamingo.store import save_flamingo
from trainers.loop.settings import TrainingSettings
from trainers.rewriter.base_model import BaseModel
from trainers.rewriter.flamingo_trainee import open_base

ADAPTER, MODEL, MEDIA_ROWS = "adapter", "model", "media_rows.safetensors"
LOSS_PREFIX = "model."  # the loss module holds the Flamingo under this name


def export(trained: Path, base: BaseModel, settings: TrainingSettings, out: Path) -> dict[str, int]:
    """Writes `out/adapter` (stages that move adapters) and `out/model`; returns how many
    parameters were `trained`, and there are in `all`.

    Both appear complete or not at all, in the base's precision: frozen weights stay as they were. CPU only.

    Raises:
        ValueError: the trained tensors do not fit the base.
    """
    flamingo = open_base(base, settings, dtype=base.dtype(), device="cpu")
    numbers = put_trained(flamingo, load_file(trained), settings, origin=str(trained))
    if settings.moves == "lora":
        _whole(out / ADAPTER, lambda folder: save_adapter(flamingo, folder, base.name))
        merge_lora(flamingo.language_model)
        flamingo.config = replace(flamingo.config, lora=None)
    _whole(out / MODEL, lambda folder: save_flamingo(flamingo, folder))
    return {"trained": numbers, "all": sum(value.numel() for value in flamingo.model.parameters())}


def put_trained(
    flamingo: Flamingo, tensors: Mapping[str, torch.Tensor], settings: TrainingSettings, *, origin: str
) -> int:
    """Copies a run's tensors into the model and returns how many numbers the optimizer held.

    Raises:
        ValueError: keys or shapes do not fit; lists them.
    """
    moving = trainable(flamingo, settings.moves)
    tensors = {name.removeprefix(LOSS_PREFIX): value for name, value in tensors.items()}
    check_keys(tensors, {name: value.shape for name, value in moving.items()}, origin=origin)
    with torch.no_grad():
        for name, parameter in moving.items():
            parameter.copy_(tensors[name])
    return sum(parameter.numel() for parameter in moving.values())


def save_adapter(flamingo: Flamingo, folder: Path, base: str) -> None:
    """A folder in peft's layout, and the two rows of media tokens beside it, which peft has no place for."""
    lora = flamingo.config.lora
    assert lora is not None
    folder.mkdir(parents=True)
    tensors = {
        f"{PEFT_PREFIX}model.{name}": value.detach().contiguous().clone()
        for name, value in lora_parameters(flamingo.language_model).items()
    }
    save_file(tensors, folder / ADAPTER_FILES[0], metadata={"format": "pt"})
    save_file({"media_rows": flamingo.embedding.media_rows()}, folder / MEDIA_ROWS)
    config = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": lora.rank,
        "lora_alpha": lora.alpha,
        "lora_dropout": lora.dropout,
        "bias": "none",
        "target_modules": list(SEVEN_LINEAR_KINDS),
    }
    (folder / ADAPTER_CONFIG).write_text(json.dumps(config, indent=1) + "\n")


def _whole(folder: Path, write: Callable[[Path], object]) -> None:
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    write(part)
    shutil.rmtree(folder, ignore_errors=True)
    part.replace(folder)
