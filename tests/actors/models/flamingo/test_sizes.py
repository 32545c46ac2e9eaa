"""The published shape on the meta device: exact counts, no memory."""

from __future__ import annotations

import pytest
import torch
from tiny_flamingo import tiny_tokenizer

from actors.models.flamingo.assembly import Flamingo, assemble, trainable
from actors.models.flamingo.config import FlamingoConfig, LoraSettings
from actors.models.flamingo.vision import PictureTransform, Vision, build_tower

VIT_L_336 = {
    "embed_dim": 768,
    "quick_gelu": True,
    "vision_cfg": {
        "image_size": 336,
        "patch_size": 14,
        "width": 1024,
        "layers": 24,
        "head_width": 64,
        "mlp_ratio": 4.0,
    },
}


@pytest.fixture(scope="module")
def nine_billion() -> Flamingo:
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens([f"word{i}" for i in range(32000 - len(tokenizer))])
    config = FlamingoConfig("llama-7b", "ViT-L-14-336/openai", lora=LoraSettings())
    with torch.device("meta"):
        language = LlamaForCausalLM(LlamaConfig(vocab_size=32000, tie_word_embeddings=False))
        vision = Vision(build_tower(VIT_L_336), PictureTransform(336), VIT_L_336)
        return assemble(language, tokenizer, vision, config, context=2048)


def test_the_ids_are_the_published_ones(nine_billion):
    names = ["<|endofchunk|>", "<image>", "<PAD>"]
    assert nine_billion.tokenizer.convert_tokens_to_ids(names) == [32000, 32001, 32002]
    assert (nine_billion.model.eoc_token_id, nine_billion.model.media_token_id) == (32000, 32001)


def test_the_lora_stages_optimise_290_992_128_numbers(nine_billion):
    count = sum(parameter.numel() for parameter in trainable(nine_billion, "lora").values())
    assert count == 290_992_128
    embedding = nine_billion.embedding.delta.numel()
    assert embedding == 131_084_288
    assert count - embedding == 159_907_840


def test_the_second_stage_optimises_105_027_592_numbers(nine_billion):
    moving = trainable(nine_billion, "connector")
    assert sum(parameter.numel() for parameter in moving.values()) == 105_027_592
    perceiver = sum(parameter.numel() for parameter in nine_billion.model.perceiver.parameters())
    assert perceiver == 63_019_008


def test_eight_layers_look_at_pictures(nine_billion):
    assert [layer.position for layer in nine_billion.layers] == [3, 7, 11, 15, 19, 23, 27, 31]


def test_the_swapped_tower_gives_576_patch_tokens_without_new_weights(nine_billion):
    tower = nine_billion.model.vision_encoder
    with torch.no_grad():
        _, tokens = tower(torch.zeros(1, 3, 336, 336, device="meta"))
    assert tokens.shape == (1, 576, 1024)
    latents = nine_billion.model.perceiver(tokens[:, None, None])
    assert latents.shape == (1, 1, 64, 1024)
