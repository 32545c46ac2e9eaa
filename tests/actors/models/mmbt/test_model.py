from __future__ import annotations

import pytest
import torch
from tiny_mmbt import VOCABULARY, png, tiny_mmbt

from actors.models.mmbt.model import MmbtModel

TEXTS = ("a red square", "", "blue squares on a green square on a red square on a blue square on a square")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MmbtModel:
    return tiny_mmbt(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def tokens(model: MmbtModel) -> torch.Tensor:
    pictures = [png((255, 0, 0)), None, png((0, 0, 255))]
    return model.picture_tokens(torch.stack([model.transform(picture) for picture in pictures]))


def test_text_is_cut_and_carries_no_marks(model):
    ids, mask = model.padded(model.word_pieces(TEXTS))
    pieces = [VOCABULARY.index(piece) for piece in ("a", "red", "square")]
    assert ids[0, :3].tolist() == pieces and mask.sum(1).tolist() == [3, 0, 16]
    assert ids.shape == (3, 16)
    assert model.padded(model.word_pieces(["", ""]))[0].shape == (2, 0)


def test_empty_texts_have_probabilities_and_neighbours_change_nothing(model, tokens):
    together = model.probabilities(TEXTS, tokens)
    assert torch.isfinite(together).all() and torch.allclose(together.sum(1), torch.ones(3))
    for i, text in enumerate(TEXTS):
        assert torch.allclose(model.probabilities([text], tokens[i : i + 1])[0], together[i], atol=1e-6)
    assert not torch.allclose(together[0], together[1], atol=1e-4)
    assert model.probabilities([], tokens[:0]).shape == (0, 3)


def test_temperature_softens_and_several_labels_are_independent(tokens, tmp_path):
    several = tiny_mmbt(tmp_path, multi_label=True)
    logits = several.logits_of(several.word_pieces(TEXTS), tokens)
    several.temperature = 2.0
    assert torch.allclose(several.probabilities(TEXTS, tokens), torch.sigmoid(logits / 2))


def test_the_picture_is_resized_cropped_and_normalised_as_published(model):
    pixels = model.transform(png((255, 0, 51), size=(300, 500)))
    assert pixels.shape == (3, 224, 224)
    assert pixels[:, 0, 0].tolist() == pytest.approx(
        [(1 - 0.46777) / 0.12222, -0.44531 / 0.12146, (0.2 - 0.40661) / 0.14380], abs=1e-3
    )
    grey = model.transform(None)
    assert torch.equal(grey, model.transform(png((128, 128, 128), size=(256, 256))))


def test_rows_of_word_pieces_are_padded_on_the_right_and_masked_there(model):
    ids, mask = model.padded([[7, 8, 9], [], [6]])
    assert ids.tolist() == [[7, 8, 9], [0, 0, 0], [6, 0, 0]]
    assert mask.tolist() == [[1, 1, 1], [0, 0, 0], [1, 0, 0]]
