from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scoring_models import write_nli

from actors.models.judges.nli import NliModel

PAIRS = [("what color is it", "red"), ("how many", "there are two big blue dogs in this image"), ("a", "b")]


@pytest.fixture(scope="module")
def nli_folder(tmp_path_factory) -> Path:
    return write_nli(tmp_path_factory.mktemp("nli"))


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


def test_a_missing_folder_is_an_error_with_the_next_step():
    with pytest.raises(ValueError, match="does not exist"):
        NliModel("no/such/folder")
