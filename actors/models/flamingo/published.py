"""Weights as OpenFlamingo and the authors of paper B published them, loaded into a Flamingo of ours.

Their files are state dicts of the torch module in which a layer's weights appear under one of two paths,
sometimes both, and which may be wrapped for several GPUs. Here every key is brought to one name, and the
names must be exactly those of the layout.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch

from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.config import RELEASES, Layout, Release, released_files
from actors.models.flamingo.keys import check_keys, read_tensors
from actors.models.flamingo.lora import lora_parameters
from actors.models.flamingo.store import (
    build_flamingo,
    connector_tensors,
    load_flamingo,
    plain_language_tensors,
)

EMBEDDING = "embed_tokens.weight"
ROTARY = re.compile(r"\.rotary_emb\.inv_freq$")  # layers.0.self_attn.rotary_emb.inv_freq, a constant
# Key patterns of published files and our names, in order: module.model.embed_tokens. is embed_tokens. here.
RENAMED = (
    (re.compile(r"^module\."), ""),
    (re.compile(r"^lang_encoder\.(base_model\.model\.)?"), ""),
    (re.compile(r"^model\.layers\.(\d+)\.gated_cross_attn_layer\."), r"gated_cross_attn_layers.\1."),
    (re.compile(r"^(?:model\.layers\.(\d+)\.decoder_layer|old_decoder_blocks\.(\d+))\."), r"layers.\1\2."),
    (re.compile(r"^model\.embed_tokens\."), "embed_tokens."),
    (re.compile(r"\.(lora_[AB])\.default\."), r".\1."),
)


def open_flamingo_model(name_or_folder: str, *, dtype: str = "auto", device: str = "auto") -> Flamingo:
    """A published Flamingo by name, or a folder of our own.

    Raises:
        ValueError: it is neither, or cannot be loaded.
    """
    if name_or_folder in RELEASES:
        return load_release(RELEASES[name_or_folder], dtype=dtype, device=device)
    return load_flamingo(name_or_folder, dtype=dtype, device=device)


def load_release(
    release: Release, *, folder: Path | None = None, dtype: str = "auto", device: str = "auto"
) -> Flamingo:
    """A published model, its files from `folder` or from the hub.

    Raises:
        ValueError: a part is missing, or a file has other keys than its layout.
    """
    files = released_files(release, folder)
    flamingo = build_flamingo(release.config, dtype=dtype, device=device)
    for file, layout in files:
        load_published(flamingo, file, layout)
    return flamingo


def load_published(flamingo: Flamingo, file: Path, layout: Layout) -> None:
    """Fills what `layout` holds from a published file; what it does not hold stays.

    Raises:
        ValueError: keys are missing, too many or of another shape; lists them.
    """
    tensors = canonical(read_tensors(file))
    own = layout_tensors(flamingo, layout)
    if layout == "clever":
        own |= {name: value for name, value in frozen_tensors(flamingo).items() if name in tensors}
    check_keys(tensors, {name: value.shape for name, value in own.items()}, origin=str(file))
    with torch.no_grad():
        for name, value in own.items():
            value.copy_(tensors[name])


def canonical(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """`tensors` by the names used here; a weight that stands under two paths comes once.

    Raises:
        ValueError: two paths of one weight hold different numbers.
    """
    by_name: dict[str, torch.Tensor] = {}
    for key, value in tensors.items():
        if ROTARY.search(key):
            continue
        name = key
        for pattern, replacement in RENAMED:
            name = pattern.sub(replacement, name)
        if name in by_name and not torch.equal(by_name[name], value):
            raise ValueError(f"key {key!r} and another path of the same weight hold different numbers")
        by_name[name] = value
    return by_name


def frozen_tensors(flamingo: Flamingo) -> dict[str, torch.Tensor]:
    """Language model and vision tower by name. `clever_flamingo.pt` is larger than what was trained, so it
    may hold some of them; which ones is not published."""
    tower = flamingo.model.vision_encoder.state_dict()
    language = plain_language_tensors(flamingo)
    return {f"vision_encoder.{name}": value for name, value in tower.items()} | {
        name.removeprefix("model."): value for name, value in language.items()
    }


def layout_tensors(flamingo: Flamingo, layout: Layout) -> dict[str, torch.Tensor]:
    """The model's own tensors that a file of this layout fills, by name."""
    tensors: dict[str, torch.Tensor] = {EMBEDDING: flamingo.embedding.weight}
    if layout in ("openflamingo", "clever"):
        tensors |= connector_tensors(flamingo)
    if layout in ("clever", "lora"):
        tensors |= lora_parameters(flamingo.language_model)
    return tensors
