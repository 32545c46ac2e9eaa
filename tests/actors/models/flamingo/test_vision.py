from __future__ import annotations

import pytest
import torch
from tiny_flamingo import TOWER, picture

from actors.models.flamingo.vision import PictureTransform, build_tower, describe, load_vision


def test_patch_tokens_come_before_the_last_norm_and_without_the_class_token():
    tower = build_tower(TOWER).eval()
    pixels = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        pooled, tokens = tower(pixels)
        states = tower.transformer(tower._embeds(pixels))
        expected = tower.ln_post(states[:, 0]) @ tower.proj
    torch.testing.assert_close(tokens, states[:, 1:])
    torch.testing.assert_close(pooled, expected)


def test_a_description_rebuilds_the_tower():
    tower = build_tower(TOWER)
    assert describe(tower) == TOWER
    assert [p.shape for p in build_tower(describe(tower)).parameters()] == [
        p.shape for p in tower.parameters()
    ]


def test_the_transform_is_open_clips():
    import io

    from open_clip.transform import image_transform
    from PIL import Image

    ours = PictureTransform(16)
    theirs = image_transform(16, is_train=False, mean=ours.mean, std=ours.std)
    content = picture(5)
    torch.testing.assert_close(ours(content), theirs(Image.open(io.BytesIO(content))))


def test_a_name_with_random_weights_builds_the_named_tower():
    vision = load_vision("ViT-S-16-alt")
    assert vision.transform.size == 224
    assert vision.description["vision_cfg"]["width"] == 384


def test_an_unknown_tower_is_refused():
    with pytest.raises(ValueError, match="ViT-L-14-336/openai"):
        load_vision("ViT-Z/openai")
