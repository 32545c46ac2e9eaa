"""Tiny InstructBLIP checkpoints with random weights, of the same classes as the published ones."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

WORDS = (
    "is the text above hateful? answer yes or no. identify the genre of this movie? options: drama, comedy",
    "provide short answers. a red square on a blue background, both question premise hypothesis entailment",
    "USER: ASSISTANT: the quick brown fox jumps over the lazy dog 0123456789",
)
IMAGE_SIZE = 42


def picture(red: int, green: int, blue: int, *, size: tuple[int, int] = (60, 40)) -> bytes:
    """A PNG with a gradient, so that no two colours look alike after normalisation."""
    import numpy as np
    from PIL import Image

    width, height = size
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    pixels[:] = (red, green, blue)
    pixels[:, :, 0] += np.linspace(0, 40, width).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def pictures() -> list[bytes]:
    """Three different PNG files."""
    return [picture(200, 10, 10), picture(10, 200, 10), picture(90, 90, 210, size=(33, 70))]


@pytest.fixture(scope="session")
def tiny_blip_llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An InstructBLIP folder whose language model is a Llama with 256 positions."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("instructblip-tiny-llama")
    tokenizer = _bpe_tokenizer()
    text = LlamaConfig(
        vocab_size=len(tokenizer) + 1,  # one more for the <image> token that the processor adds
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    return _save_blip(folder, tokenizer, text)


@pytest.fixture(scope="session")
def tiny_blip_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An InstructBLIP folder whose language model is a T5."""
    from transformers import T5Config

    folder = tmp_path_factory.mktemp("instructblip-tiny-t5")
    tokenizer = _unigram_tokenizer()
    text = T5Config(
        vocab_size=len(tokenizer) + 1,
        d_model=32,
        d_kv=16,
        d_ff=64,
        num_layers=2,
        num_heads=2,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
    )
    return _save_blip(folder, tokenizer, text)


def _save_blip(folder: Path, tokenizer: Any, text_config: Any) -> Path:
    import torch
    from transformers import InstructBlipConfig, InstructBlipForConditionalGeneration

    qformer_tokenizer = _wordpiece_tokenizer()
    config = InstructBlipConfig(
        vision_config={
            "hidden_size": 48,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": IMAGE_SIZE,
            "patch_size": 14,
            "initializer_range": 0.2,
        },
        qformer_config={
            "vocab_size": len(qformer_tokenizer),
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 64,
            "max_position_embeddings": 160,
        },
        text_config=text_config,
        num_query_tokens=4,
        image_token_index=len(tokenizer),
    )
    torch.manual_seed(0)
    model = InstructBlipForConditionalGeneration(config).eval()
    with torch.no_grad():  # the library's zeros and tiny scales would make every picture look alike
        model.query_tokens.normal_()
        for weight in [*model.qformer.parameters(), *model.language_projection.parameters()]:
            weight.normal_(std=0.3) if weight.dim() > 1 else None
        for weight in model.language_model.parameters():
            weight.mul_(4.0) if weight.dim() > 1 else None
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    qformer_tokenizer.save_pretrained(folder / "qformer_tokenizer")
    return folder


def _bpe_tokenizer() -> Any:
    """Byte-level; puts <s> in front, as Llama's tokenizer does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<pad>", "<s>", "</s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bpe.train_from_iterator(WORDS * 10, trainer)
    bpe.post_processor = TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, pad_token="<pad>", bos_token="<s>", eos_token="</s>")


def _unigram_tokenizer() -> Any:
    """SentencePiece-like; puts </s> at the end, as T5's tokenizer does."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    unigram = Tokenizer(models.Unigram())
    unigram.pre_tokenizer = pre_tokenizers.Metaspace()
    unigram.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=120,
        special_tokens=["<pad>", "</s>", "<unk>"],
        unk_token="<unk>",
        show_progress=False,
    )
    unigram.train_from_iterator(WORDS * 10, trainer)
    unigram.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=unigram, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )


def _wordpiece_tokenizer() -> Any:
    """BERT-like, for the Q-Former."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    pieces = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    pieces.normalizer = normalizers.BertNormalizer()
    pieces.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=200, special_tokens=special, show_progress=False)
    pieces.train_from_iterator(WORDS * 10, trainer)
    pieces.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=pieces,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )
