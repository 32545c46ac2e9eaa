"""The families of models that annotate; a new one is a file with its `Family`, and its line below."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from actors.models.blip.lavis_config import CONFIG
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.family import (
    Family,
    check_lavis,
    check_weights,
    load_blip2_lavis,
    load_causal,
    load_endpoint,
    load_instruct_blip,
    load_vllm,
)
from actors.models.weights.checkpoint_check import read_config

BLIP_PIXELS = 224

# A model without an entry of its own belongs to the first family that recognises it; the last takes any.
_FAMILIES = (
    Family(
        "blip2_lavis",
        "BLIP-2 folder for LAVIS: picture and text",
        {"transformers": load_blip2_lavis, "openai": load_endpoint},
        recognises=lambda name, folder: (
            folder is not None and (folder / CONFIG).exists() and not (folder / "config.json").exists()
        ),
        check=check_lavis,
        uses_image=True,
        picture_size=BLIP_PIXELS,
        counts_ngrams=False,
    ),
    Family(
        "instruct_blip",
        "InstructBLIP checkpoint: picture and text",
        {"transformers": load_instruct_blip, "openai": load_endpoint},
        recognises=lambda name, folder: (
            read_config(folder).get("model_type") == "instructblip"
            if folder
            else "instructblip" in name.lower()
        ),
        check=partial(check_weights, tokenizers=("qformer_tokenizer",)),
        uses_image=True,
        picture_size=BLIP_PIXELS,
        counts_ngrams=False,
    ),
    Family(
        "vision",
        "picture and text model for the vllm engine",
        {"vllm": load_vllm, "openai": load_endpoint},
        recognises=lambda name, folder: folder is not None and "vision_config" in read_config(folder),
        check=check_weights,
        conversation="chat",
        uses_image=True,
    ),
    Family(
        "causal",
        "causal language model",
        {"transformers": load_causal, "vllm": load_vllm, "openai": load_endpoint},
        recognises=lambda name, folder: True,
        check=check_weights,
        conversation="chat",
    ),
)

FAMILIES: Mapping[str, Family] = MappingProxyType({family.name: family for family in _FAMILIES})


def recognise(name: str, checkpoint: str, folder: Path | None) -> AnnotatorModel:
    """Settings of a model without an entry in the table, from `folder`, or from its name where that is None.

    Raises:
        ValueError: the folder's `config.json` is missing or cannot be read.
    """
    family = next(family for family in _FAMILIES if family.recognises(name, folder))
    return family.model(name, checkpoint)
