"""Pictures of a training: each encoded once, whoever asks for its tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from mmbt_sets import build_convolution
from tiny_mmbt import LABELS, png, tiny_bert

from actors.models.mmbt.config import MmbtConfig
from actors.models.mmbt.model import MmbtModel
from trainers.mmbt.pictures import Pictures, encode, pixels, with_tokens

COLOURS = ((200, 20, 20), (20, 200, 20), (20, 20, 200))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MmbtModel:
    bert = tiny_bert(tmp_path_factory.mktemp("bert"))
    config = MmbtConfig(str(bert), "resnet18@random", LABELS, image_tokens=2, max_text_tokens=16)
    return build_convolution(config, 0, "pocket")


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, colour in zip("abc", COLOURS, strict=True):
        (tmp_path / f"{name}.png").write_bytes(png(colour))
    return [str(tmp_path / f"{name}.png") for name in "abc"]


def count_encoded(model: MmbtModel) -> list[int]:
    """Numbers of pictures that the backbone sees from now on."""
    seen: list[int] = []
    model.module.image_features.register_forward_pre_hook(lambda _, batch: seen.append(len(batch[0])))
    return seen


def test_distinct_pictures_have_a_fixed_order_and_rows_know_theirs() -> None:
    pictures = Pictures.of([["b", None, "a"], ["a", "b"]])
    assert pictures.paths == (None, "a", "b")
    assert pictures.places(["b", "b", None]).tolist() == [2, 2, 0]


def test_stored_tokens_are_those_of_the_backbone_the_grey_picture_included(
    model: MmbtModel, files: list[str], tmp_path: Path
) -> None:
    pictures = with_tokens(model, Pictures.of([[*files, None]]), tmp_path / "tokens")
    expected = encode(model, pictures.paths)
    assert torch.allclose(pictures.tokens_of(np.arange(4)), expected, atol=1e-6)
    assert torch.equal(pictures.tokens_of(np.array([2, 2]))[0], pictures.tokens_of(np.array([2]))[0])


def test_another_run_encodes_only_pictures_that_are_new(
    model: MmbtModel, files: list[str], tmp_path: Path
) -> None:
    with_tokens(model, Pictures.of([files[:2]]), tmp_path / "tokens")
    seen = count_encoded(model)
    wider = with_tokens(model, Pictures.of([files]), tmp_path / "tokens")
    assert sum(seen) == 1 and len(wider.tokens_of(np.arange(3))) == 3
    with_tokens(model, Pictures.of([files]), tmp_path / "tokens")
    assert sum(seen) == 1


def test_another_picture_at_the_same_path_is_encoded_anew(
    model: MmbtModel, files: list[str], tmp_path: Path
) -> None:
    before = with_tokens(model, Pictures.of([files]), tmp_path / "tokens").tokens_of(np.arange(3))
    Path(files[0]).write_bytes(png((250, 250, 0), size=(50, 50)))
    after = with_tokens(model, Pictures.of([files]), tmp_path / "tokens").tokens_of(np.arange(3))
    assert not torch.equal(before[0], after[0]) and torch.equal(before[1:], after[1:])


def test_pixels_come_in_the_order_of_the_paths(model: MmbtModel, files: list[str]) -> None:
    red, green, _ = pixels(model, files)
    assert torch.equal(pixels(model, [files[1], files[0]]), torch.stack([green, red]))
