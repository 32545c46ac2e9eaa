from __future__ import annotations

import pytest
import torch
from scoring_models import write_sts

from actors.models.judges.sts import StsModel

TEXTS = [
    "a red square",
    "",
    "there are three small green triangles on the left of the picture",
    "a red square",
]


def test_sts_embeddings_are_normed_and_batch_invariant(tmp_path):
    model = StsModel(str(write_sts(tmp_path / "sts")), device="cpu")
    model.token_budget = 20  # several batches
    found = model.embed(TEXTS)
    assert torch.allclose(found.norm(dim=-1), torch.ones(4), atol=1e-5)
    assert torch.allclose(model.embed(TEXTS[2:3])[0], found[2], atol=1e-5)
    assert torch.equal(found[0], found[3])


def test_a_missing_folder_is_an_error_with_the_next_step():
    with pytest.raises(ValueError, match="does not exist"):
        StsModel("no/such/folder")
