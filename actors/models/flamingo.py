"""Flamingo models (paper B App. A): built, stored, trained. Decoding is in `flamingo_decoding`."""

from __future__ import annotations

from actors.models.flamingo_assembly import Flamingo, assemble
from actors.models.flamingo_config import FlamingoConfig, LoraSettings, MediaAttention
from actors.models.flamingo_lora import merge_lora
from actors.models.flamingo_store import build_flamingo, load_flamingo, save_flamingo
from actors.models.flamingo_training import Trainable, trainable

__all__ = [
    "Flamingo",
    "FlamingoConfig",
    "LoraSettings",
    "MediaAttention",
    "Trainable",
    "assemble",
    "build_flamingo",
    "load_flamingo",
    "merge_lora",
    "save_flamingo",
    "trainable",
]
