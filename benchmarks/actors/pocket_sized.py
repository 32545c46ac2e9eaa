"""CLIP and pair classifiers of the pocket models' sizes, with random weights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch

from actors.models.weights.pocket import ClipRecipe, PairRecipe


def write_clip(folder: Path, recipe: ClipRecipe | None = None) -> Path:
    """A CLIP in open_clip's local format, with its standard tokenizer."""
    recipe = recipe or ClipRecipe()
    heads = recipe.width // 32
    config = {
        "embed_dim": recipe.width,
        "vision_cfg": {
            "image_size": recipe.side,
            "layers": recipe.layers,
            "width": recipe.width,
            "head_width": 32,
            "patch_size": recipe.patch,
        },
        "text_cfg": {
            "context_length": recipe.context,
            "vocab_size": 49408,
            "width": recipe.width,
            "heads": heads,
            "layers": recipe.layers,
        },
    }
    return write_open_clip(folder, config)


def write_open_clip(folder: Path, config: Mapping[str, Any]) -> Path:
    """A CLIP of this `model_cfg` with random weights, in open_clip's local format."""
    import open_clip
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    torch.manual_seed(0)
    weights = open_clip.CLIP(**config).state_dict()
    save_file(
        {name: value.clone().contiguous() for name, value in weights.items()},
        folder / "open_clip_model.safetensors",
    )
    return folder


def write_pair_model(folder: Path, texts: Iterable[str], *, labels: int, width: int, layers: int) -> Path:
    """A BERT classifier of pairs, and a tokenizer that knows the words of `texts`."""
    from transformers import BertConfig, BertForSequenceClassification

    context = PairRecipe(width, layers, 0, 0, 0, 0.0).context
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=write_tokenizer(folder, texts, context),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        intermediate_size=4 * width,
        max_position_embeddings=context,
    )
    config.num_labels = labels
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def write_tokenizer(folder: Path, texts: Iterable[str], context: int) -> int:
    """How many tokens a BERT tokenizer has that knows the words of `texts`; it lies in `folder`."""
    from transformers import BertTokenizer

    words = {word for text in texts for word in re.findall(r"\w+|[^\w\s]", text.lower())}
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(words)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizer(str(folder / "vocab.txt"), model_max_length=context).save_pretrained(folder)
    return len(vocabulary)
