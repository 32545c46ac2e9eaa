"""Backbones: torchvision's ResNets from files."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch.nn.functional import batch_norm, conv2d, pad, relu6

from actors.models.mmbt.backbones import (
    EfficientNetLite0,
    load_backbone,
    packaged_weights,
    rename_published,
    state_hash,
)
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


NEXT_DRAWN = (0.36654090881347656, 0.8863529562950134, 0.8053207397460938)
# Kernel, stride, expansion, channels out, blocks (Tan and Le 2019, table 1).
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)


def same_padded(x: torch.Tensor, kernel: int, stride: int) -> torch.Tensor:
    """Padded to ceil(size / stride) rows of output; an odd row goes to the end."""
    pads: list[int] = []
    for size in x.shape[:1:-1]:
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return pad(x, pads)


def published_forward(state: Mapping[str, torch.Tensor], pixels: torch.Tensor) -> torch.Tensor:
    """The network written out from the paper's table, on our names of its weights."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        weight, bias, mean, var = (
            state[f"{name}.{part}"] for part in ("weight", "bias", "running_mean", "running_var")
        )
        return batch_norm(x, mean, var, weight, bias, eps=1e-3)

    x = conv2d(same_padded(pixels, 3, 2), state["stem.weight"], stride=2)
    x = relu6(norm(x, "stem_norm"))
    number, channels = 0, 32
    for kernel, first_stride, expansion, out, count in STAGES:
        for i in range(count):
            block, stride, y = f"blocks.{number}", first_stride if i == 0 else 1, x
            if expansion > 1:
                y = relu6(norm(conv2d(y, state[f"{block}.expand.weight"]), f"{block}.expand_norm"))
            weight = state[f"{block}.depthwise.weight"]
            y = conv2d(same_padded(y, kernel, stride), weight, stride=stride, groups=len(weight))
            y = relu6(norm(y, f"{block}.depthwise_norm"))
            y = norm(conv2d(y, state[f"{block}.project.weight"]), f"{block}.project_norm")
            x = x + y if stride == 1 and channels == out else y
            number, channels = number + 1, out
    return relu6(norm(conv2d(x, state["head.weight"]), "head_norm"))


@pytest.fixture(scope="module")
def network() -> EfficientNetLite0:
    torch.manual_seed(7)
    network = EfficientNetLite0()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.2, 0.2)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
            torch.nn.init.normal_(module.weight, 1.0, 0.5)
    return network.eval()


@pytest.mark.parametrize("size", [64, 75])
def test_the_feature_map_is_bit_for_bit_the_papers_network(network: EfficientNetLite0, size: int) -> None:
    pixels = torch.randn(2, 3, size, size)
    with torch.no_grad():
        expected = published_forward(network.state_dict(), pixels)
        assert expected.abs().mean() > 0.01
        assert torch.equal(network(pixels), expected)


def test_random_weights_and_what_is_drawn_after_them_are_those_of_earlier_versions() -> None:
    torch.manual_seed(7)
    network = EfficientNetLite0()
    assert torch.rand(3).tolist() == list(NEXT_DRAWN)
    assert state_hash(network) == "53b348af7d9f55619a22226fd31b70ee644bc4523907e8d23884150edb03f882"


def test_the_names_are_those_of_model_folders_and_checkpoints(network: EfficientNetLite0) -> None:
    moving = [name for name, _ in network.named_parameters()]
    assert moving[:4] == ["stem.weight", "stem_norm.weight", "stem_norm.bias", "blocks.0.depthwise.weight"]
    assert moving[-1] == "head_norm.bias" and len(moving) == 147
    assert len(network.state_dict()) == 294
    assert {name.split(".")[2] for name in moving if name.startswith("blocks.3.")} == {
        "expand", "expand_norm", "depthwise", "depthwise_norm", "project", "project_norm"
    }  # fmt: skip


def test_a_copy_computes_with_weights_of_its_own(network: EfficientNetLite0) -> None:
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.blocks[3].expand.weight.zero_()
        pixels = torch.randn(1, 3, 64, 64)
        assert not torch.equal(other(pixels), network(pixels))
        assert torch.equal(other(pixels), published_forward(other.state_dict(), pixels))


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
    found = rename_published(published)
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
