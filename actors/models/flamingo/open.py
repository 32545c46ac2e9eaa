"""Flamingo models (paper B App. A): built, stored, trained. Decoding is in `flamingo_decoding`."""

from __future__ import annotations

from actors.models.flamingo.assembly import Flamingo, assemble
from actors.models.flamingo.config import FlamingoConfig, LoraSettings, MediaAttention
from actors.models.flamingo.lora import merge_lora
from actors.models.flamingo.published import load_release
from actors.models.flamingo.releases import RELEASES
from actors.models.flamingo.store import build_flamingo, load_flamingo, save_flamingo
from actors.models.flamingo.training import Trainable, trainable


def open_flamingo_model(name_or_folder: str, *, dtype: str = "auto", device: str = "auto") -> Flamingo:
    """A published Flamingo by name, or a folder of our own.

    Raises:
        ValueError: it is neither, or cannot be loaded.
    """
    if name_or_folder in RELEASES:
        return load_release(RELEASES[name_or_folder], dtype=dtype, device=device)
    return load_flamingo(name_or_folder, dtype=dtype, device=device)


__all__ = [
    "Flamingo",
    "FlamingoConfig",
    "LoraSettings",
    "MediaAttention",
    "Trainable",
    "assemble",
    "build_flamingo",
    "load_flamingo",
    "load_release",
    "merge_lora",
    "open_flamingo_model",
    "save_flamingo",
    "trainable",
]
