from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
from PIL import Image
from scoring_models import write_clip, write_nli, write_reward, write_sts

from actors.base import BadRow
from actors.models.blip.matcher import Blip2Matcher
from actors.models.judges.clip import ClipModel, check_clip
from actors.models.judges.nli import NliModel
from actors.models.judges.reward import RewardModel
from actors.models.judges.sts import StsModel
from actors.models.weights.length_batches import length_batches

TEXTS = [
    "a red square",
    "",
    "there are three small green triangles on the left of the picture",
    "a red square",
]
PAIRS = [("what color is it", "red"), ("how many", "there are two big blue dogs in this image"), ("a", "b")]


def picture(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (20, 30), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> ClipModel:
    return ClipModel(str(write_clip(tmp_path_factory.mktemp("clip"))), device="cpu")


@pytest.fixture(scope="module")
def nli_folder(tmp_path_factory) -> Path:
    return write_nli(tmp_path_factory.mktemp("nli"))


def test_batches_fill_the_budget_with_inputs_of_like_length():
    assert length_batches([1, 9, 2, 8], token_budget=18) == [[1, 3], [2, 0]]
    assert length_batches([50, 2], token_budget=10) == [[0], [1]]
    assert length_batches([1, 1, 1], token_budget=9, max_batch=2) == [[0, 1], [2]]


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


def test_a_pair_is_scored_alike_alone_and_among_others(nli_folder):
    model = NliModel(str(nli_folder), device="cpu")
    together = model.logits([*PAIRS, PAIRS[0]])
    assert together.shape == (4, 3)
    for pair, row in zip(PAIRS, together):
        assert torch.allclose(model.logits([pair])[0], row, atol=1e-5)
    assert torch.equal(together[0], together[3])
    assert len(model.logits([])) == 0


def test_nli_logits_equal_those_of_the_cross_encoder(nli_folder):
    from sentence_transformers import CrossEncoder

    theirs = CrossEncoder(str(nli_folder), device="cpu").predict(PAIRS, convert_to_tensor=True)
    assert torch.allclose(NliModel(str(nli_folder), device="cpu").logits(PAIRS), theirs, atol=1e-5)


def test_nli_labels_come_in_one_order_whatever_the_model_calls_them(tmp_path, nli_folder):
    turned = write_nli(tmp_path / "turned", labels=["entailment", "neutral", "contradiction"])
    ours, plain = NliModel(str(turned), device="cpu").logits(PAIRS), NliModel(str(nli_folder)).logits(PAIRS)
    assert torch.allclose(ours, plain[:, [2, 0, 1]], atol=1e-6)
    with pytest.raises(ValueError, match="2 labels"):
        NliModel(str(write_nli(tmp_path / "two", labels=["no", "yes"])))
    with pytest.raises(ValueError, match="bad"):
        NliModel(str(write_nli(tmp_path / "odd", labels=["bad", "good", "neutral"])))


def test_a_long_pair_is_cut_at_the_positions_the_model_has(nli_folder):
    model = NliModel(str(nli_folder), device="cpu")
    assert model.logits([("red " * 500, "blue")]).isfinite().all()


def test_a_reward_is_one_logit_per_pair(tmp_path, nli_folder):
    model = RewardModel(str(write_reward(tmp_path / "reward")), device="cpu")
    scores = model.score(PAIRS)
    encoded = model.classifier.tokenizer(*PAIRS[1], return_tensors="pt")
    with torch.inference_mode():
        alone = model.classifier.model(**encoded).logits[0, 0]
    assert scores.shape == (3,)
    assert torch.allclose(scores[1], alone, atol=1e-5)
    with pytest.raises(ValueError, match="3 labels"):
        RewardModel(str(nli_folder))


def test_sts_embeddings_are_normed_and_batch_invariant(tmp_path):
    model = StsModel(str(write_sts(tmp_path / "sts")), device="cpu")
    model.token_budget = 20  # several batches
    found = model.embed(TEXTS)
    assert torch.allclose(found.norm(dim=-1), torch.ones(4), atol=1e-5)
    assert torch.allclose(model.embed(TEXTS[2:3])[0], found[2], atol=1e-5)
    assert torch.equal(found[0], found[3])


def test_a_missing_folder_is_an_error_with_the_next_step():
    for model in (NliModel, RewardModel, StsModel):
        with pytest.raises(ValueError, match="does not exist"):
            model("no/such/folder")


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
