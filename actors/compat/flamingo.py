"""Lets open_flamingo 2.0.1, written for transformers 4.3x, wrap the decoders of transformers 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.compat.check import require

_PATCHED = "_etiquette_patched"


def install() -> None:
    """Patches open_flamingo's classes in this process, once.

    Raises:
        ImportError: open_flamingo is not installed; the message holds the install line.
    """
    require("open_flamingo")
    from open_flamingo.src.flamingo import Flamingo
    from open_flamingo.src.flamingo_lm import FlamingoLayer, FlamingoLMMixin

    if getattr(FlamingoLayer, _PATCHED, False):
        return
    FlamingoLMMixin.forward = _with_optional_mask(FlamingoLMMixin.forward)
    FlamingoLayer.forward = _layer_forward
    Flamingo._encode_vision_x = _encode_or_zeros(Flamingo._encode_vision_x)
    setattr(FlamingoLayer, _PATCHED, True)


def _with_optional_mask(forward: Callable[..., Any]) -> Callable[..., Any]:
    """generate() of transformers 5 leaves out an attention mask that would be all ones."""

    # Both names have to stay in the signature: generate() reads it to decide what it may pass.
    def patched(self: Any, input_ids: Any = None, attention_mask: Any = None, **kwargs: Any) -> Any:
        return forward(self, input_ids, attention_mask, **kwargs)

    return patched


def _encode_or_zeros(encode: Callable[..., Any]) -> Callable[..., Any]:
    """`encode` that gives a batch without any picture zero latents, where the original fails."""

    def patched(self: Any, vision_x: Any) -> None:
        if vision_x.shape[1] > 0:
            return encode(self, vision_x)
        latents = self.perceiver.latents
        for layer in self.lang_encoder._get_decoder_layers():
            layer.condition_vis_x(latents.new_zeros(vision_x.shape[0], 0, *latents.shape))
        return None

    return patched


def _layer_forward(self: Any, hidden: Any, *args: Any, **kwargs: Any) -> Any:
    """Cross-attention to the pictures, then the decoder layer with whatever its model passed it: GPT-2
    and others pass by position what the original takes by name only. A layer that has `attend_pictures`
    looks at its pictures with that."""
    if self.gated_cross_attn_layer is not None:
        hidden = getattr(self, "attend_pictures", _packaged_attention)(self, hidden)
    return self.decoder_layer(hidden, *args, **kwargs)


def _packaged_attention(layer: Any, hidden: Any) -> Any:
    if layer.vis_x is None or layer.media_locations is None:
        raise ValueError("a Flamingo layer ran before it was given images and their places in the text")
    return layer.gated_cross_attn_layer(
        hidden, layer.vis_x, media_locations=layer.media_locations, use_cached_media=layer.use_cached_media
    )
