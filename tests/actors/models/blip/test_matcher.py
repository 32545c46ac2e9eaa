from __future__ import annotations

import io

import pytest
import torch
from PIL import Image

from actors.models.blip.matcher import Blip2Matcher


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 30), colour).save(out, "PNG")
    return out.getvalue()


def test_matching_equals_lavis_pair_by_pair(lavis_folder):
    matcher = Blip2Matcher(str(lavis_folder("blip2_image_text_matching")), device="cpu")
    images, texts = [picture("red"), picture("blue")], ["a red square", "a photo of a blue background"]
    pairs = [(0, 0), (1, 0), (1, 1), (0, 1)]
    ours = matcher.match(images, texts, pairs)
    for (image, text), probability in zip(pairs, ours):
        pixels = matcher.loaded.transform(Image.open(io.BytesIO(images[image])).convert("RGB"))[None]
        with torch.inference_mode():
            theirs = matcher.loaded.model({"image": pixels, "text_input": texts[text]}, match_head="itm")
        assert torch.allclose(theirs.softmax(-1)[0, 1], probability, atol=1e-5)
    assert ours.std() > 0


def test_a_model_without_a_matching_head_is_refused(lavis_folder):
    with pytest.raises(ValueError, match="blip2_opt"):
        Blip2Matcher(str(lavis_folder("blip2_opt")), device="cpu")
