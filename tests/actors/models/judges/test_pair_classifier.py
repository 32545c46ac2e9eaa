from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scoring_models import write_nli, write_reward

from actors.models.judges.pair_classifier import NliModel, RewardModel

PAIRS = [("what color is it", "red"), ("how many", "there are two big blue dogs in this image"), ("a", "b")]


@pytest.fixture(scope="module")
def nli_folder(tmp_path_factory) -> Path:
    return write_nli(tmp_path_factory.mktemp("nli"))


def test_a_pair_is_scored_alike_alone_and_among_others(nli_folder):
    model = NliModel(str(nli_folder), device="cpu")
    together = model.logits([*PAIRS, PAIRS[0]])
    assert together.shape == (4, 3)
    for pair, row in zip(PAIRS, together):
        assert torch.allclose(model.logits([pair])[0], row, atol=1e-5)
    assert torch.equal(together[0], together[3])
    assert len(model.logits([])) == 0


def test_a_long_pair_is_cut_at_the_positions_the_model_has(nli_folder):
    model = NliModel(str(nli_folder), device="cpu")
    assert model.logits([("red " * 500, "blue")]).isfinite().all()


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


@pytest.mark.parametrize("model", [NliModel, RewardModel])
def test_a_missing_folder_is_an_error_with_the_next_step(model: type):
    with pytest.raises(ValueError, match="does not exist"):
        model("no/such/folder")
