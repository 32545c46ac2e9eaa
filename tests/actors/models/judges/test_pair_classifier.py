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
