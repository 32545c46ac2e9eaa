"""Tensor files and the check that their keys are exactly those a model has."""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

SHOWN = 8  # names in an error message


def read_tensors(file: Path) -> dict[str, torch.Tensor]:
    """Tensors of a safetensors file, or of a torch file read without running its code.

    Raises:
        ValueError: the file is missing or damaged, or holds something else than tensors.
    """
    if not file.is_file():
        raise ValueError(f"there is no weights file {str(file)!r}; check the path")
    if file.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(file)
        except SafetensorError as error:
            raise ValueError(f"{str(file)!r} is damaged: {error}; copy it again") from error
    try:
        content: Any = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{str(file)!r} cannot be read as tensors alone: {error}") from error
    if isinstance(content, Mapping) and isinstance(content.get("model_state_dict"), Mapping):
        content = content["model_state_dict"]  # a training checkpoint, with its optimizer beside it
    if not isinstance(content, Mapping) or not all(isinstance(v, torch.Tensor) for v in content.values()):
        raise ValueError(f"{str(file)!r} holds no table of tensors; expected a state dict")
    return dict(content)


def check_keys(
    tensors: Mapping[str, torch.Tensor], shapes: Mapping[str, Sequence[int]], *, origin: str
) -> None:
    """Raises ValueError unless `tensors` has the keys of `shapes` and no others, each of that shape."""
    missing = sorted(set(shapes) - set(tensors))
    surplus = sorted(set(tensors) - set(shapes))
    other = [
        f"{name}: {tuple(tensors[name].shape)}, expected {tuple(shapes[name])}"
        for name in sorted(set(shapes) & set(tensors))
        if tuple(tensors[name].shape) != tuple(shapes[name])
    ]
    faults = [
        f"{len(names)} {kind} ({', '.join(names[:SHOWN])}{', …' if len(names) > SHOWN else ''})"
        for kind, names in (("missing", missing), ("surplus", surplus), ("of another shape", other))
        if names
    ]
    if faults:
        raise ValueError(f"{origin} does not fit this model: keys {'; '.join(faults)}")
