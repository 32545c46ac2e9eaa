from __future__ import annotations

import pytest
import torch
from torch import nn

from actors.compat import flamingo

MEDIA, END = 3, 2
VISION_WIDTH = 16


def config_of(family: str):
    from transformers import (
        GPT2Config,
        GPTNeoXConfig,
        LlamaConfig,
        MptConfig,
        OPTConfig,
        Qwen2Config,
    )

    shared = {"vocab_size": 40, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": END}
    if family == "gpt2":
        return GPT2Config(n_embd=32, n_layer=2, n_head=2, n_positions=64, **shared)
    if family == "mpt":
        return MptConfig(d_model=32, n_heads=2, n_layers=2, max_seq_len=64, **shared)
    wide = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2} | shared
    if family == "opt":
        return OPTConfig(ffn_dim=64, word_embed_proj_dim=32, max_position_embeddings=64, **wide)
    if family == "gpt_neox":
        return GPTNeoXConfig(intermediate_size=64, **wide)
    if family == "qwen2":
        return Qwen2Config(intermediate_size=64, num_key_value_heads=2, **wide)
    return LlamaConfig(intermediate_size=64, **wide)


LAYERS = {
    "gpt2": "transformer.h",
    "gpt_neox": "gpt_neox.layers",
    "llama": "model.layers",
    "mpt": "transformer.blocks",
    "opt": "model.decoder.layers",
    "qwen2": "model.layers",
}


class TinyVision(nn.Module):
    """Four patch tokens per picture, as open_clip's visual tower returns them."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, VISION_WIDTH, kernel_size=4, stride=4)

    @property
    def visual(self) -> nn.Module:
        return self

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        tokens = self.patches(pixels).flatten(2).transpose(1, 2)
        return tokens.mean(1), tokens


@pytest.fixture(params=sorted(LAYERS))
def model(request: pytest.FixtureRequest):
    """A Flamingo whose gates are open, so that pictures change the output."""
    flamingo.install()
    from open_flamingo import Flamingo
    from open_flamingo.src.flamingo_lm import FlamingoLMMixin
    from open_flamingo.src.utils import extend_instance
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    language = AutoModelForCausalLM.from_config(config_of(request.param))
    extend_instance(language, FlamingoLMMixin)
    language.set_decoder_layers_attr_name(LAYERS[request.param])
    built = Flamingo(TinyVision(), language, END, MEDIA, vis_dim=VISION_WIDTH, cross_attn_every_n_layers=2)
    for block in language.gated_cross_attn_layers:
        if block is not None:
            nn.init.constant_(block.attn_gate, 1.0)
            nn.init.constant_(block.ff_gate, 1.0)
    return built.eval()


@pytest.fixture
def inputs() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    pixels = torch.rand(2, 1, 1, 3, 8, 8, generator=generator)
    return {"vision_x": pixels, "lang_x": torch.tensor([[1, MEDIA, 7, 8, 9], [1, MEDIA, 11, 12, 13]])}


def test_cached_decoding_gives_the_tokens_of_uncached_decoding(model, inputs):
    settings = {"max_new_tokens": 6, "do_sample": False, "eos_token_id": -1, "pad_token_id": 0}
    with torch.no_grad():
        cached = model.generate(**inputs, use_cache=True, **settings)
        uncached = model.generate(**inputs, use_cache=False, **settings)
    assert cached.shape == (2, 11)
    assert torch.equal(cached, uncached)


def test_a_mask_of_ones_changes_nothing(model, inputs):
    settings = {"max_new_tokens": 4, "do_sample": False, "eos_token_id": -1, "pad_token_id": 0}
    with torch.no_grad():
        masked = model.generate(**inputs, attention_mask=torch.ones_like(inputs["lang_x"]), **settings)
        unmasked = model.generate(**inputs, **settings)
    assert torch.equal(masked, unmasked)


def test_the_picture_reaches_the_text_and_the_gradient_reaches_the_gates(model, inputs):
    loss = model(**inputs, labels=inputs["lang_x"]).loss
    loss.backward()
    block = model.lang_encoder.gated_cross_attn_layers[1]
    assert block.attn_gate.grad.abs().item() > 0
    with torch.no_grad():
        with_picture = model(**inputs).logits
        other_picture = model(vision_x=1 - inputs["vision_x"], lang_x=inputs["lang_x"]).logits
    assert not torch.allclose(with_picture, other_picture)


def test_a_layer_without_pictures_says_so(model, inputs):
    with pytest.raises(ValueError, match="images"):
        model.lang_encoder(input_ids=inputs["lang_x"])


def test_installing_twice_patches_once():
    flamingo.install()
    from open_flamingo.src.flamingo_lm import FlamingoLMMixin

    first = FlamingoLMMixin.forward
    flamingo.install()
    assert FlamingoLMMixin.forward is first
