from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scoring_models import write_nli, write_reward

from actors.models.judges.reward import RewardModel

PAIRS = [("what color is it", "red"), ("how many", "there are two big blue dogs in this image"), ("a", "b")]


@pytest.fixture(scope="module")
def nli_folder(tmp_path_factory) -> Path:
    return write_nli(tmp_path_factory.mktemp("nli"))


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


def test_a_missing_folder_is_an_error_with_the_next_step():
    with pytest.raises(ValueError, match="does not exist"):
        RewardModel("no/such/folder")
