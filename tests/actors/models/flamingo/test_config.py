from __future__ import annotations

from dataclasses import replace

import pytest

from actors.models.flamingo.config import FlamingoConfig, MediaAttention


def test_an_unknown_media_attention_is_refused():
    config = FlamingoConfig("a", "b", media_attention="previous")
    assert config.media_attention is MediaAttention.PREVIOUS
    with pytest.raises(ValueError):
        replace(config, media_attention="sideways")


@pytest.mark.parametrize("name", ["cross_attn_every", "perceiver_depth", "num_latents"])
def test_sizes_of_nothing_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0, expected 1 or more"):
        FlamingoConfig("a", "b", **{name: 0})
