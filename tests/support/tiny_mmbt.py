"""A tiny BERT folder and a tiny MMBT on it, with random weights, and pictures."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from PIL import Image

from actors.models.mmbt.folder import build_mmbt
from actors.models.mmbt.model import MmbtModel
from actors.models.mmbt.network import MmbtConfig

VOCABULARY = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "a",
    "red",
    "green",
    "blue",
    "square",
    "##s",
    "on",
)
LABELS = ("animal", "food", "place")


def tiny_bert(folder: Path, *, vocabulary: tuple[str, ...] = VOCABULARY) -> Path:
    """`folder` with a BertModel of 2 layers, 48 positions and random weights, and its word pieces."""
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast.from_pretrained(folder).save_pretrained(folder)
    shape = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=48,
        initializer_range=0.3,  # so that other words give other labels
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        BertModel(shape).save_pretrained(folder)
    return folder


def tiny_mmbt(
    folder: Path,
    *,
    labels: tuple[str, ...] = LABELS,
    multi_label: bool = False,
    image_tokens: int = 2,
    image_model: str = "resnet18@random",
) -> MmbtModel:
    """A model on a tiny BERT, which is written to `folder`; 16 word pieces at most."""
    config = MmbtConfig(
        text_model=str(tiny_bert(folder)),
        image_model=image_model,
        labels=labels,
        multi_label=multi_label,
        image_tokens=image_tokens,
        max_text_tokens=16,
    )
    return build_mmbt(config, seed=5)


def png(colour: tuple[int, int, int], *, size: tuple[int, int] = (40, 30)) -> bytes:
    """A picture of one colour."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()
