from __future__ import annotations

import io

import pytest
import torch
from PIL import Image
from scoring_models import write_clip

from actors.base import BadRow
from actors.models.judges.clip import ClipModel, check_clip

TEXTS = [
    "a red square",
    "",
    "there are three small green triangles on the left of the picture",
    "a red square",
]


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 30), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> ClipModel:
    return ClipModel(str(write_clip(tmp_path_factory.mktemp("clip"))), device="cpu")


def test_short_clip_texts_are_embedded_as_at_full_length(clip):
    ours = clip.embed_texts(TEXTS)
    with torch.inference_mode():
        theirs = clip.model.encode_text(clip.tokenizer(TEXTS), normalize=True)
    assert ours.shape == (4, 24)
    assert torch.allclose(ours, theirs, atol=1e-6)


def test_clip_embeddings_have_length_one_and_depend_on_the_picture_alone(clip):
    several = clip.embed_images([picture("red"), picture("blue"), picture("red")])
    assert torch.allclose(several.norm(dim=-1), torch.ones(3), atol=1e-5)
    assert torch.allclose(several[0], clip.embed_images([picture("red")])[0], atol=1e-6)
    assert torch.equal(several[0], several[2])
    assert not torch.allclose(several[0], several[1], atol=1e-3)


def test_no_picture_and_no_text_give_no_rows(clip):
    assert len(clip.embed_images([])) == len(clip.embed_texts([])) == 0


def test_an_unreadable_picture_is_a_bad_row(clip):
    with pytest.raises(BadRow, match="unreadable_image"):
        clip.embed_images([b"no picture"])


def test_a_line_that_the_transform_would_blow_up_is_a_bad_row(clip):
    out = io.BytesIO()
    Image.new("L", (600_000, 1)).save(out, "PNG")
    with pytest.raises(BadRow, match="image_too_large: 600000 x 1: a shortest side of"):
        clip.embed_images([out.getvalue()])


def test_an_unknown_clip_is_named_with_what_was_meant(tmp_path):
    with pytest.raises(ValueError, match="ViT-L-14-336/openai"):
        check_clip("ViT-L-14-336/opanai")
    with pytest.raises(ValueError, match=r"open_clip_config\.json"):
        check_clip(str(tmp_path))
    check_clip("ViT-L-14-336/openai")
