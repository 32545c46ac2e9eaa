"""Tiny scoring models of the real classes, with random weights from a seed."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = (
    "the a an is are in on of and to one two three red blue green yellow square circle triangle picture "
    "shows there left right above below question answer yes no what color shape how many i can see "
    'small large big dog cat " : ? . , ! it this that image with'
)
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *dict.fromkeys(WORDS.split())]
NLI_LABELS = ["contradiction", "entailment", "neutral"]


def write_clip(folder: Path, *, seed: int = 0) -> Path:
    """A CLIP of 16 x 16 pixels in open_clip's local format, with its standard tokenizer."""
    import open_clip
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(seed)
    config = {
        "embed_dim": 24,
        "vision_cfg": {"image_size": 16, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
        "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    model = open_clip.CLIP(**config)
    weights = {name: value.clone().contiguous() for name, value in model.state_dict().items()}
    save_file(weights, folder / "open_clip_model.safetensors")
    return folder


def write_nli(folder: Path, *, seed: int = 0, labels: list[str] | None = None) -> Path:
    """A BERT cross-encoder with three labels."""
    return _write_classifier(folder, labels or NLI_LABELS, seed)


def write_reward(folder: Path, *, seed: int = 0) -> Path:
    """A BERT with one score for a pair."""
    return _write_classifier(folder, ["reward"], seed)


def write_sts(folder: Path, *, seed: int = 0) -> Path:
    """A sentence-transformers folder: BERT and mean pooling."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import BertModel

    torch.manual_seed(seed)
    inner = folder.with_name(folder.name + "-bert")
    BertModel(_bert_config()).save_pretrained(inner)
    _write_tokenizer(inner)
    transformer = Transformer(str(inner))
    SentenceTransformer(modules=[transformer, Pooling(32, pooling_mode="mean")]).save(str(folder))
    return folder


def _write_classifier(folder: Path, labels: list[str], seed: int) -> Path:
    import torch
    from transformers import BertForSequenceClassification

    torch.manual_seed(seed)
    config = _bert_config(
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        initializer_range=0.3,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    _write_tokenizer(folder)
    return folder


def _bert_config(**settings: object) -> object:
    from transformers import BertConfig

    return BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        **settings,
    )


def _write_tokenizer(folder: Path) -> None:
    from transformers import BertTokenizer

    (folder / "vocab.txt").write_text("\n".join(VOCABULARY))
    BertTokenizer(str(folder / "vocab.txt"), model_max_length=128).save_pretrained(folder)
