"""Scoring models in the proportions of paper B's: every tower a quarter as wide and a quarter as deep.

all-mpnet-base (a BERT of its size), nli-deberta-v3-base, reward-model-deberta-v3-large and CLIP
ViT-L/14-336 with its 577 patches; contexts, positions and head sizes are the real ones. Random weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from benchmarks.actors.pocket_sized import write_open_clip, write_tokenizer

SCALE = 4
HEAD, BUCKETS, CONTEXT = 64, 256, 512  # CONTEXT is the texts' of BERT and DeBERTa; CLIP's has 77
SIDE, PATCH, CLIP_CONTEXT = 336, 14, 77
PATCHES = (SIDE // PATCH) ** 2 + 1


@dataclass(frozen=True)
class Encoder:
    """A transformer encoder; `positions` are the relative ones of DeBERTa, projected in every layer."""

    width: int
    layers: int
    positions: int = 0

    def scaled(self) -> Encoder:
        """A quarter of it."""
        return Encoder(self.width // SCALE, self.layers // SCALE, self.positions)

    def work(self, tokens: int) -> float:
        """Floating-point operations of one input of `tokens`, alone in its batch; embeddings left out."""
        layer = 24 * tokens * self.width**2 + 4 * tokens**2 * self.width
        relative = 4 * self.positions * self.width**2 + 4 * tokens * self.positions * self.width
        return float(self.layers * (layer + relative))


SIMILARITY, INFERENCE = Encoder(768, 12), Encoder(768, 12, 2 * BUCKETS)
REWARD, PICTURES, SENTENCES = Encoder(1024, 24, 2 * BUCKETS), Encoder(1024, 24), Encoder(768, 12)


def write_sentence_encoder(folder: Path, texts: Iterable[str]) -> Path:
    """A sentence-transformers folder in the size of `SIMILARITY`."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertConfig, BertModel

    size, inner = SIMILARITY.scaled(), folder.with_name(f"{folder.name}-bert")
    vocabulary = write_tokenizer(inner, texts, CONTEXT)
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=vocabulary, **_sizes(size))).save_pretrained(inner)
    parts = [Transformer(str(inner)), Pooling(size.width, pooling_mode="mean")]
    SentenceTransformer(modules=parts).save(str(folder))
    return folder


def write_deberta(folder: Path, texts: Iterable[str], size: Encoder, *, labels: int) -> Path:
    """A classifier of pairs with DeBERTa-v3's attention."""
    from transformers import DebertaV2Config, DebertaV2ForSequenceClassification

    settings = _sizes(size.scaled()) | {
        "vocab_size": write_tokenizer(folder, texts, CONTEXT),
        "type_vocab_size": 0,
        "relative_attention": True,
        "position_buckets": BUCKETS,
        "pos_att_type": ["p2c", "c2p"],
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "position_biased_input": False,
        "num_labels": labels,
    }
    torch.manual_seed(0)
    DebertaV2ForSequenceClassification(DebertaV2Config(**settings)).save_pretrained(folder)
    return folder


def write_large_clip(folder: Path) -> Path:
    """A CLIP in open_clip's local format, in the sizes of `PICTURES` and `SENTENCES`."""
    picture, text = PICTURES.scaled(), SENTENCES.scaled()
    config: dict[str, Any] = {
        "embed_dim": text.width,
        "quick_gelu": True,
        "vision_cfg": {
            "image_size": SIDE,
            "patch_size": PATCH,
            "width": picture.width,
            "layers": picture.layers,
            "head_width": HEAD,
        },
        "text_cfg": {
            "context_length": CLIP_CONTEXT,
            "vocab_size": 49408,
            "width": text.width,
            "heads": text.width // HEAD,
            "layers": text.layers,
        },
    }
    return write_open_clip(folder, config)


def _sizes(size: Encoder) -> dict[str, Any]:
    return {
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.width // HEAD,
        "intermediate_size": 4 * size.width,
        "max_position_embeddings": CONTEXT,
    }
