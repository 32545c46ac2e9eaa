"""Which picture every text token looks at, in both modes, with and without a key-value cache.

The masks follow OpenFlamingo v1 (`next`) and v2 (`previous`). The blocks themselves are open_flamingo's;
what changes is which picture they are told to look at. While decoding, pictures are given as finished
keys and values, so that nothing about a picture is computed twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention

from actors.models.flamingo.config import MediaAttention

KeysAndValues = tuple[torch.Tensor, torch.Tensor]


def picture_index(is_picture: torch.Tensor, mode: MediaAttention) -> torch.Tensor:
    """For every token of `is_picture` `[rows, tokens]` the picture it looks at: 1 its row's first, 0 none."""
    index = is_picture.long().cumsum(-1)
    if mode is MediaAttention.NEXT:
        index = index + (~is_picture).long()
        index = index.masked_fill(index > is_picture.sum(-1, keepdim=True), 0)
    return index


@dataclass
class ShownPictures:
    """The pictures that the tokens of one forward pass look at.

    `layers` maps the position of a decoder layer to keys and values `[pictures, heads, latents, head
    size]` of all pictures at hand; `pictures` `[rows, most per row]` says which are a row's, padded with
    0; `index` `[rows, tokens]` is as in `picture_index`. `anything` is False where no token looks at one.
    """

    layers: dict[int, KeysAndValues]
    pictures: torch.Tensor
    index: torch.Tensor
    anything: bool


@dataclass
class PictureAttention:
    """The attention of one Flamingo layer; `shown` takes the place of conditioning while decoding."""

    mode: MediaAttention
    position: int
    shown: ShownPictures | None = None

    def __call__(self, layer: Any, hidden: torch.Tensor) -> torch.Tensor:
        """`hidden` `[rows, tokens, width]` after the layer's cross-attention block."""
        block = layer.gated_cross_attn_layer
        if self.shown is not None:
            return attend(block, hidden, self.shown, self.shown.layers.get(self.position))
        if layer.vis_x is None or layer.media_locations is None:
            raise ValueError(
                "a Flamingo layer ran before it was given images and their places in the text; call "
                "the Flamingo itself, not its language model"
            )
        if layer.vis_x.shape[1] == 0:
            return feed_forward(block, hidden)
        cached = bool(layer.use_cached_media)
        if self.mode is MediaAttention.PREVIOUS:
            return block(hidden, layer.vis_x, layer.media_locations, use_cached_media=cached)
        if cached:  # decoding goes on behind the last picture
            index = torch.zeros(hidden.shape[:2], dtype=torch.long, device=hidden.device)
        else:
            index = picture_index(layer.media_locations, self.mode)
        # What open_flamingo's block sums up to `index`: it counts pictures from left to right.
        increments = torch.diff(index, dim=-1, prepend=torch.zeros_like(index[:, :1]))
        return block(hidden, layer.vis_x, increments, use_cached_media=False)


def install_media_attention(language_model: Any, mode: MediaAttention) -> list[PictureAttention]:
    """Gives every layer with a cross-attention block its `PictureAttention`; returns them, first to last."""
    installed = []
    for position, layer in enumerate(language_model._get_decoder_layers()):
        if layer.gated_cross_attn_layer is not None:
            layer.attend_pictures = PictureAttention(mode, position)
            installed.append(layer.attend_pictures)
    return installed


def picture_keys(block: Any, latents: torch.Tensor) -> KeysAndValues:
    """Keys and values `[pictures, heads, latents, head size]` of `latents` `[pictures, latents, width]`."""
    keys, values = block.attn.to_kv(latents).chunk(2, dim=-1)
    return _heads(keys, block.attn.heads), _heads(values, block.attn.heads)


def attend(
    block: Any, hidden: torch.Tensor, shown: ShownPictures, keys_and_values: KeysAndValues | None
) -> torch.Tensor:
    """The gated block on pictures whose keys and values are known already."""
    if shown.anything and keys_and_values is not None:
        looked = _look(block.attn, hidden, shown, keys_and_values)
        hidden = looked * block.attn_gate.tanh() + hidden
    return feed_forward(block, hidden)


def feed_forward(block: Any, hidden: torch.Tensor) -> torch.Tensor:
    """The block's gated feed-forward half, which needs no picture."""
    return block.ff(hidden) * block.ff_gate.tanh() + hidden


def _look(
    attn: Any, hidden: torch.Tensor, shown: ShownPictures, keys_and_values: KeysAndValues
) -> torch.Tensor:
    rows, most = shown.pictures.shape
    # `[pictures, heads, latents, size]` to `[rows, heads, most x latents, size]`.
    keys, values = (part[shown.pictures].transpose(1, 2).flatten(2, 3) for part in keys_and_values)
    queries = _heads(attn.to_q(attn.norm(hidden)), attn.heads)
    mask = None
    if most > 1:
        own = torch.arange(1, most + 1, device=hidden.device)
        looks = (shown.index[..., None] == own) | (shown.index[..., None] == 0)  # 0: any, it is zeroed below
        mask = looks.repeat_interleave(keys.shape[2] // most, dim=-1)[:, None]
    looked = scaled_dot_product_attention(queries, keys, values, attn_mask=mask, scale=attn.scale)
    looked = looked.masked_fill((shown.index == 0)[:, None, :, None], 0.0)
    return attn.to_out(looked.transpose(1, 2).reshape(rows, hidden.shape[1], -1))


def _heads(states: torch.Tensor, heads: int) -> torch.Tensor:
    return states.unflatten(-1, (heads, -1)).transpose(-3, -2)
