"""The published InstructBLIP checkpoints by their shapes alone, on torch's meta device: no weights."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch

QFORMER = {"vocab_size": 30523}  # BERT's 30,522 and LAVIS' [DEC]


def _published(text_config: Any) -> Any:
    from transformers import InstructBlipConfig, InstructBlipForConditionalGeneration

    with torch.device("meta"):
        return InstructBlipForConditionalGeneration(
            InstructBlipConfig(qformer_config=QFORMER, text_config=text_config)
        )


def _llama(**size: int) -> Any:
    from transformers import LlamaConfig

    return LlamaConfig(vocab_size=32001, **size)  # Vicuna v1.1 and LAVIS' [PAD]


def _flan_t5_xxl() -> Any:
    from transformers import T5Config

    return T5Config(
        vocab_size=32128,
        d_model=4096,
        d_ff=10240,
        d_kv=64,
        num_layers=24,
        num_heads=64,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
    )


def _parameters(module: Any) -> int:
    return sum(math.prod(weight.shape) for weight in module.parameters())


@pytest.fixture(scope="module")
def vicuna_7b() -> Any:
    return _published(_llama())


def test_the_parts_of_instructblip_vicuna_7b_have_their_published_sizes(vicuna_7b: Any) -> None:
    assert _parameters(vicuna_7b.vision_model) == 985_952_256  # EVA-CLIP ViT-g/14, 39 of its 40 blocks
    assert _parameters(vicuna_7b.qformer) == 185_660_160
    assert _parameters(vicuna_7b.language_projection) == 768 * 4096 + 4096
    assert _parameters(vicuna_7b.language_model) == 6_738_423_808  # LLaMA 7b and one more token


def test_a_picture_becomes_257_tokens_and_then_32_queries_of_768(vicuna_7b: Any) -> None:
    assert vicuna_7b.vision_model.config.image_size == 224
    pixels = torch.zeros(1, 3, 224, 224, device="meta")
    features = vicuna_7b.vision_model(pixel_values=pixels).last_hidden_state
    assert features.shape == (1, 257, 1408)
    assert vicuna_7b.query_tokens.shape == (1, 32, 768)
    soft = vicuna_7b.language_projection(vicuna_7b.query_tokens)
    assert soft.shape == (1, 32, 4096)


def test_the_13b_and_flan_t5_xxl_checkpoints_differ_in_the_language_model_alone() -> None:
    size = {"hidden_size": 5120, "intermediate_size": 13824, "num_hidden_layers": 40}
    vicuna_13b = _published(_llama(**size, num_attention_heads=40))
    flan = _published(_flan_t5_xxl())
    for model, width in ((vicuna_13b, 5120), (flan, 4096)):
        assert _parameters(model.vision_model) == 985_952_256
        assert _parameters(model.qformer) == 185_660_160
        assert _parameters(model.language_projection) == 768 * width + width
    assert _parameters(vicuna_13b.language_model) == 13_015_874_560
    # The library counts Flan-T5's own output head as its input embeddings until a checkpoint brings it.
    assert _parameters(flan.language_model) + 32128 * 4096 == 11_135_332_352
