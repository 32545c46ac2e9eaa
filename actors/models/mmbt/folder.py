"""MMBT folders: built from pretrained parts, written, and read without them.

A folder holds `model.safetensors` (every weight), `config.json` (BERT's), the tokenizer's files and
`mmbt.json`.
"""

from __future__ import annotations

import json
import logging
import pickle
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from actors.models.mmbt.backbones import Backbone, empty_backbone, load_all, load_backbone, state_hash
from actors.models.mmbt.config import MINILM, MmbtConfig, hub_name, split_name
from actors.models.mmbt.description import DESCRIPTION, FORMAT, WEIGHTS, read_description
from actors.models.mmbt.model import MmbtModel
from actors.models.mmbt.network import Mmbt
from actors.models.weights.checkpoints import DTYPES, find_checkpoint
from actors.models.weights.packages import file_sha256
from actors.models.weights.unpacking import packaged_sts_folder

logger = logging.getLogger(__name__)


def build_mmbt(config: MmbtConfig, *, seed: int, preset: str | None = None) -> MmbtModel:
    """A model of pretrained parts on the CPU; the same seed gives the same new layers.

    `config.text_model` is a BERT folder, a hub id or `all-MiniLM-L6-v2`; `config.image_model` as in
    `load_backbone`.

    Raises:
        ValueError: a part that cannot be had, is no BERT, or does not fit the configuration.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        backbone = load_backbone(config.image_model)
        bert, tokenizer = _pretrained_bert(config.text_model)
        module = _assemble(config, bert, backbone, tokenizer)
    sources = {
        "picture": {"name": backbone.source, "sha256": state_hash(backbone.features)},
        "text": {"name": config.text_model, "sha256": state_hash(bert)},
    }
    return MmbtModel(module.eval(), tokenizer, preset=preset, sources=sources)


def save_mmbt(model: MmbtModel, folder: Path) -> Path:
    """`folder`, with all that `load_mmbt` needs; `mmbt.json` comes last, so a torn copy is noticed."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / DESCRIPTION).unlink(missing_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in model.module.state_dict().items()}
    save_file(state, folder / WEIGHTS, {"format": "pt"})
    model.tokenizer.save_pretrained(folder)
    model.module.bert.config.save_pretrained(folder)
    description = {
        "format": FORMAT,
        "config": asdict(model.config),
        "labels": list(model.labels),
        "temperature": model.temperature,
        "preset": model.preset,
        "sources": model.sources,
        "weights_sha256": file_sha256(folder / WEIGHTS),
    }
    (folder / DESCRIPTION).write_text(json.dumps(description, indent=1, ensure_ascii=False) + "\n")
    return folder


def load_mmbt(folder: str | Path, *, device: str = "auto", dtype: str = "float32") -> MmbtModel:
    """The model of a folder written by `save_mmbt`, in evaluation mode.

    Args:
        folder: The folder.
        device: A torch device; auto = a GPU where there is one.
        dtype: `float32`, `bfloat16` or `float16`.

    Raises:
        ValueError: no such folder, or missing, surplus or misshapen weights, all listed.
    """
    from safetensors.torch import load_file
    from transformers import AutoTokenizer, BertConfig, BertModel

    path = Path(folder)
    description = read_description(path)
    config = MmbtConfig(**description.config)
    try:
        shape = BertConfig.from_pretrained(path)
        tokenizer = AutoTokenizer.from_pretrained(path, trust_remote_code=False)
        state = load_file(path / WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise ValueError(f"cannot load the MMBT folder {str(folder)!r}: {str(error).strip()}") from error
    with torch.random.fork_rng(devices=[]):
        # Behind `NAME=` stands a file that need not be there any more.
        backbone = empty_backbone(split_name(config.image_model.partition("=")[0])[0])
        module = _assemble(config, BertModel(shape), backbone, tokenizer)
    load_all(module, state, str(folder))
    place = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    module = module.to(place, DTYPES[dtype]).eval()
    return MmbtModel(module, tokenizer, description.temperature, description.preset, description.sources)


def _assemble(config: MmbtConfig, bert: Any, backbone: Backbone, tokenizer: Any) -> Mmbt:
    cls, sep = tokenizer.cls_token_id, tokenizer.sep_token_id
    if cls is None or sep is None:
        raise ValueError(f"the tokenizer of {config.text_model!r} has no [CLS] or [SEP]; give a BERT's")
    # A third faster than channels first on one core, with the same values up to rounding.
    features: Any = backbone.features
    features = features.to(memory_format=torch.channels_last)
    return Mmbt(config, bert, features, channels=backbone.channels, cls=cls, sep=sep)


def _pretrained_bert(text_model: str) -> tuple[Any, Any]:
    from transformers import AutoConfig, AutoTokenizer, BertModel
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    packaged = text_model == MINILM
    source = str(packaged_sts_folder()) if packaged else find_checkpoint(hub_name(text_model))
    try:
        shape = AutoConfig.from_pretrained(source, trust_remote_code=False)
        if shape.model_type != "bert":
            raise ValueError(f"{text_model!r} is a {shape.model_type}; MMBT needs a BERT")
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        loaded: Any = BertModel.from_pretrained(
            source, dtype=torch.float32, weights_only=True, output_loading_info=True
        )
    except (OSError, SafetensorError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot load the BERT {text_model!r}: {str(error).strip()}") from error
    bert, report = loaded
    missing = sorted(report["missing_keys"])
    if any(not key.startswith("pooler.") for key in missing):
        raise ValueError(f"the weights of {text_model!r} lack {missing}; give a complete BERT")
    if missing:
        logger.warning("%s has no pooler; MMBT's starts from random weights", text_model)
    return bert, tokenizer
