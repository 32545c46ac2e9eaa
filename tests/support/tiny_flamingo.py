"""Flamingos of a few thousand weights, of the classes of the real ones, and pictures to show them."""

from __future__ import annotations

import io
from typing import Any

import torch
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from actors.models.flamingo.assembly import Flamingo, assemble
from actors.models.flamingo.config import FlamingoConfig, LoraSettings, MediaAttention
from actors.models.flamingo.vision import PictureTransform, Vision, build_tower

SIZE, PATCH = 16, 8
TOWER = {
    "embed_dim": 24,
    "quick_gelu": True,
    "vision_cfg": {
        "image_size": SIZE,
        "patch_size": PATCH,
        "width": 32,
        "layers": 2,
        "head_width": 16,
        "mlp_ratio": 2.0,
    },
}
SMALL_LORA = LoraSettings(rank=4, alpha=8, dropout=0.0)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """Bytes as tokens, with the first three ids of LLaMA's tokenizer."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(["<unk>", "<s>", "</s>", *letters])}
    backend = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=backend, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def tiny_flamingo(
    mode: MediaAttention = MediaAttention.NEXT,
    *,
    lora: LoraSettings | None = None,
    seed: int = 0,
    context: int = 256,
) -> Flamingo:
    """Random weights in float32, the gates open so that pictures change the text."""
    torch.manual_seed(seed)
    tokenizer = tiny_tokenizer()
    settings = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=4,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=context,
        tie_word_embeddings=False,
        initializer_range=0.3,
    )
    vision = Vision(build_tower(TOWER), PictureTransform(SIZE), TOWER)
    config = FlamingoConfig(
        language_model="none",
        vision="none",
        cross_attn_every=2,
        perceiver_depth=1,
        num_latents=3,
        media_attention=mode,
        lora=lora,
    )
    built = assemble(LlamaForCausalLM(settings), tokenizer, vision, config, context=context)
    open_gates(built)
    return built


def open_gates(flamingo: Flamingo) -> None:
    for block in flamingo.language_model.gated_cross_attn_layers:
        if block is not None:
            nn.init.constant_(block.attn_gate, 1.0)
            nn.init.constant_(block.ff_gate, 0.5)
            nn.init.normal_(block.attn.to_kv.weight, std=1.0)
            nn.init.normal_(block.attn.to_out.weight, std=0.5)


def picture(seed: int) -> bytes:
    """A PNG of four coloured quarters, larger than the tower wants and not square."""
    colours = torch.randint(0, 256, (2, 2, 3), generator=torch.Generator().manual_seed(seed))
    pixels = colours.repeat_interleave(10, 0).repeat_interleave(14, 1)
    image = Image.fromarray(pixels.to(torch.uint8).numpy())
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def pixels_of(flamingo: Flamingo, rows: list[list[bytes]]) -> torch.Tensor:
    """`[rows, most pictures, 1, 3, height, width]` as open_flamingo takes them, zeros where none is."""
    most = max(1, *map(len, rows))
    batch: Any = torch.zeros(len(rows), most, 1, 3, SIZE, SIZE)
    for row, pictures in enumerate(rows):
        for place, content in enumerate(pictures):
            batch[row, place, 0] = flamingo.transform(content)
    return batch


def logits_of(flamingo: Flamingo, text: str, pictures: list[bytes]) -> torch.Tensor:
    ids = torch.tensor([flamingo.tokenizer(text, add_special_tokens=False).input_ids])
    with torch.no_grad():
        return flamingo.model(vision_x=pixels_of(flamingo, [pictures]), lang_x=ids).logits


def one_step(flamingo: Flamingo, moving: dict[str, nn.Parameter], weight_decay: float = 0.5) -> None:
    """A careless optimizer: one group, and decay on everything."""
    optimizer = torch.optim.AdamW(moving.values(), lr=0.1, weight_decay=weight_decay)
    ids = torch.tensor([flamingo.tokenizer("ab<image>cd<|endofchunk|>e", add_special_tokens=False).input_ids])
    flamingo.model(vision_x=pixels_of(flamingo, [[picture(1)]]), lang_x=ids, labels=ids).loss.backward()
    optimizer.step()
