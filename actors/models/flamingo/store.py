"""Flamingos in folders of our own: `flamingo.json` and safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch

from actors.models.flamingo.assembly import Flamingo, assemble
from actors.models.flamingo.config import DESCRIPTION, FlamingoConfig, LoraSettings, read_description
from actors.models.flamingo.keys import check_keys, read_tensors
from actors.models.flamingo.lora import copy_lora, lora_parameters
from actors.models.flamingo.vision import PictureTransform, Vision, build_tower, load_vision
from actors.models.weights.checkpoints import load_checkpoint

TUNED = "flamingo.safetensors"
LANGUAGE, VISION = "language", "vision.safetensors"
FORMAT = 1


def build_flamingo(config: FlamingoConfig, *, dtype: str = "auto", device: str = "auto") -> Flamingo:
    """A new model from a language model and a vision tower; its connector is untrained.

    Raises:
        ValueError: a part cannot be loaded.
    """
    language = load_checkpoint(config.language_model, dtype=dtype, device=device)
    vision = load_vision(config.vision, config.image_size)
    built = assemble(language.model, language.tokenizer, vision, config, context=language.context)
    built.model.to(language.model.device)
    return built


def save_flamingo(flamingo: Flamingo, folder: Path, *, whole: bool = True) -> Path:
    """Writes `folder`; with `whole` it needs nothing else, without it names the parts it was built from.

    Stored beside the description: the connector, the adapters, and the two rows of media tokens.
    """
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = asdict(flamingo.config)
    if whole:
        config |= {"language_model": LANGUAGE, "vision": VISION}
        _save_language_model(flamingo, folder / LANGUAGE)
        save_file(_for_storage(flamingo.model.vision_encoder.state_dict()), folder / VISION)
    save_file(_for_storage(tuned_tensors(flamingo)), folder / TUNED)
    description = {
        "format": FORMAT,
        "config": config,
        "context": flamingo.context,
        "transform": asdict(flamingo.transform),
        "vision": flamingo.vision,
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1) + "\n")
    return folder


def load_flamingo(folder: str | Path, *, dtype: str = "auto", device: str = "auto") -> Flamingo:
    """The Flamingo that `save_flamingo` wrote to `folder`.

    Raises:
        ValueError: no such folder, another format, or tensors that are missing, too many or of another shape.
    """
    folder = Path(folder).expanduser()
    file, description = folder / DESCRIPTION, read_description(folder)
    if description.get("format") != FORMAT:
        raise ValueError(f"{file} has format {description.get('format')!r}, this version reads {FORMAT}")
    config = read_config(description["config"])
    whole = config.language_model == LANGUAGE
    language = load_checkpoint(
        str(folder / LANGUAGE) if whole else config.language_model, dtype=dtype, device=device
    )
    vision = _read_vision(folder, description) if whole else load_vision(config.vision, config.image_size)
    # The folder holds the adapters' weights, so the folder that they were initialised from may be gone.
    plain = replace(config, lora=replace(config.lora, init_from=None) if config.lora else None)
    context = description["context"]
    built = assemble(language.model, language.tokenizer, vision, plain, context=context)
    load_tuned(built, read_tensors(folder / TUNED), origin=str(folder / TUNED))
    built.model.to(language.model.device)
    built.config = config
    return built


def read_config(stored: Mapping[str, Any]) -> FlamingoConfig:
    """The configuration in `flamingo.json`."""
    lora = stored.get("lora")
    return FlamingoConfig(**{**stored, "lora": LoraSettings(**lora) if lora else None})


def tuned_tensors(flamingo: Flamingo) -> dict[str, torch.Tensor]:
    """Connector, adapters and media rows by name."""
    connector = connector_tensors(flamingo)
    adapters = {f"lora.{name}": value for name, value in lora_parameters(flamingo.language_model).items()}
    return {**connector, **adapters, "media_rows": flamingo.embedding.media_rows()}


def connector_tensors(flamingo: Flamingo) -> dict[str, torch.Tensor]:
    """Perceiver and gated cross-attention by name, sharing memory with the model."""
    perceiver = flamingo.model.perceiver.state_dict()
    blocks = flamingo.language_model.gated_cross_attn_layers.state_dict()
    return {f"perceiver.{name}": value for name, value in perceiver.items()} | {
        f"gated_cross_attn_layers.{name}": value for name, value in blocks.items()
    }


def load_tuned(flamingo: Flamingo, tensors: Mapping[str, torch.Tensor], *, origin: str) -> None:
    """Fills connector, adapters and media rows. Raises ValueError: keys or shapes do not fit; lists them."""
    own = tuned_tensors(flamingo)
    check_keys(tensors, {name: value.shape for name, value in own.items()}, origin=origin)
    with torch.no_grad():
        for name, value in connector_tensors(flamingo).items():
            value.copy_(tensors[name])
    adapters = {
        name.removeprefix("lora."): value for name, value in tensors.items() if name.startswith("lora.")
    }
    if adapters:
        copy_lora(flamingo.language_model, adapters, origin=origin)
    flamingo.embedding.set_media_rows(tensors["media_rows"])


def plain_language_tensors(flamingo: Flamingo) -> dict[str, torch.Tensor]:
    """The language model's own weights under their usual names: no adapters, no cross-attention."""
    tensors: dict[str, torch.Tensor] = {}
    for name, value in flamingo.language_model.state_dict().items():
        if name.startswith(("old_decoder_blocks.", "gated_cross_attn_layers.")):
            continue
        if ".gated_cross_attn_layer." in name or ".lora_" in name or name.endswith(".delta"):
            continue
        tensors[name.replace(".decoder_layer.", ".").replace(".base_layer.", ".")] = value
    return tensors


def _save_language_model(flamingo: Flamingo, folder: Path) -> None:
    from safetensors.torch import save_file

    folder.mkdir(exist_ok=True)
    flamingo.language_model.config.save_pretrained(folder)
    flamingo.tokenizer.save_pretrained(folder)
    weights = _for_storage(plain_language_tensors(flamingo))
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def _read_vision(folder: Path, description: Mapping[str, Any]) -> Vision:
    tower = build_tower(description["vision"])
    tensors = read_tensors(folder / VISION)
    own = tower.state_dict()
    check_keys(tensors, {name: value.shape for name, value in own.items()}, origin=str(folder / VISION))
    tower.load_state_dict(tensors)
    stored = description["transform"]
    transform = PictureTransform(stored["size"], tuple(stored["mean"]), tuple(stored["std"]))
    return Vision(tower, transform, description["vision"])


def _for_storage(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
