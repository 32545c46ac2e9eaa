"""Backbones: torchvision's ResNets from files."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from actors.models.mmbt.backbones import load_backbone, state_hash


@pytest.fixture
def resnet_file(tmp_path: Path) -> Path:
    from torchvision.models import resnet18

    torch.manual_seed(1)
    torch.save(resnet18().state_dict(), tmp_path / "own.pth")
    return tmp_path / "own.pth"


def without_head(file: Path) -> dict[str, torch.Tensor]:
    state = torch.load(file, weights_only=True)
    return {key: value for key, value in state.items() if not key.startswith("fc.")}


def test_a_resnet_from_a_file_gives_its_last_feature_map(resnet_file):
    from torchvision.models import resnet18
    from torchvision.models.feature_extraction import create_feature_extractor

    whole = resnet18()
    whole.load_state_dict(torch.load(resnet_file, weights_only=True))
    expected = create_feature_extractor(whole.eval(), ["layer4"])
    backbone = load_backbone(f"resnet18={resnet_file}")
    pixels = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        found = backbone.features.eval()(pixels)
        assert torch.equal(found, expected(pixels)["layer4"])
    assert backbone.channels == found.shape[1] == 512


def test_a_state_without_the_classifier_is_enough(resnet_file):
    torch.save({"state_dict": without_head(resnet_file)}, resnet_file.with_name("bare.pth"))
    whole, bare = (
        load_backbone(f"resnet18={file}") for file in (resnet_file, resnet_file.with_name("bare.pth"))
    )
    assert state_hash(whole.features) == state_hash(bare.features)


def test_missing_surplus_and_misshapen_weights_are_all_named(resnet_file):
    state = without_head(resnet_file)
    del state["bn1.weight"]
    state["conv1.weight"] = torch.zeros(1)
    torch.save(state | {"extra": torch.zeros(1)}, resnet_file)
    with pytest.raises(ValueError, match=r"missing \['bn1.weight'\], surplus \['extra'\]") as error:
        load_backbone(f"resnet18={resnet_file}")
    assert "conv1.weight (1,), expected (64, 3, 7, 7)" in str(error.value)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    torch.save({"a": Path("x")}, tmp_path / "code.pth")
    with pytest.raises(ValueError, match="cannot read weights"):
        load_backbone(f"resnet18={tmp_path / 'code.pth'}")


def test_random_weights_follow_the_generator():
    torch.manual_seed(7)
    first = state_hash(load_backbone("resnet18@random").features)
    assert state_hash(load_backbone("resnet18@random").features) != first
    torch.manual_seed(7)
    assert state_hash(load_backbone("resnet18@random").features) == first
