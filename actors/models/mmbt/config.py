"""Configuration of an MMBT, and checks that its pretrained parts exist and fit.

Nothing here imports torch.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from actors.did_you_mean import did_you_mean
from actors.models.weights.checkpoint_check import HUB_TIMEOUT_S, cached_snapshot, check_model, read_config

# Rows and columns that the feature map is pooled to, by number of picture tokens, as published.
LAYOUTS: Mapping[int, tuple[int, int]] = dict(
    enumerate([(1, 1), (2, 1), (3, 1), (2, 2), (5, 1), (3, 2), (7, 1), (4, 2), (3, 3)], start=1)
)


@dataclass(frozen=True)
class MmbtConfig:
    """Shape and labels of an MMBT. `text_model` is a BERT folder or hub id; `image_model` a torchvision
    ResNet's name or `efficientnet-lite0`. With `multi_label` every class is its own yes or no."""

    text_model: str
    image_model: str
    labels: tuple[str, ...]
    multi_label: bool = False
    image_tokens: int = 3
    dropout: float = 0.1
    max_text_tokens: int = 128

    def check(self, positions: int) -> None:
        """Raises ValueError unless pictures and text fit into a BERT with `positions` positions."""
        if self.image_tokens not in LAYOUTS:
            raise ValueError(f"image_tokens is {self.image_tokens}; the published layouts are 1 to 9")
        if len(self.labels) < 2 and not self.multi_label:
            raise ValueError(f"labels are {list(self.labels)}; a classifier needs at least two")
        room = positions - self.image_tokens
        if not 1 <= self.max_text_tokens <= room:
            raise ValueError(
                f"max_text_tokens is {self.max_text_tokens}; beside {self.image_tokens} picture tokens "
                f"this BERT takes 1 to {room}"
            )


EFFICIENTNET = "efficientnet-lite0"
# torchvision's ResNets with the files of their IMAGENET1K_V1 weights.
RESNETS: Mapping[str, str] = {
    "resnet18": "resnet18-f37072fd.pth",
    "resnet34": "resnet34-b627a593.pth",
    "resnet50": "resnet50-0676ba61.pth",
    "resnet101": "resnet101-63fe2227.pth",
    "resnet152": "resnet152-394f9c45.pth",
    "wide_resnet50_2": "wide_resnet50_2-95faca4d.pth",
    "wide_resnet101_2": "wide_resnet101_2-32ee1156.pth",
}
DOWNLOADS = "https://download.pytorch.org/models"
IMAGE_MODELS = (EFFICIENTNET, *RESNETS)
IMAGE_MODEL = re.compile(r"(?P<name>[^=@]*)(?P<mark>[=@]?)(?P<weights>.*)", re.DOTALL)  # resnet18@random
MINILM = "all-MiniLM-L6-v2"  # comes from a registry package
MINILM_POSITIONS = 512
PUBLISHED_BERT = re.compile(r"bert-(base|large)-[\w-]+")  # bert-base-uncased, google-bert's on the hub


def split_name(image_model: str) -> tuple[str, str]:
    """Architecture and weights of `NAME` ("" = ImageNet), `NAME=FILE.pth` or `NAME@random`.

    Raises:
        ValueError: an unknown name, or weights that are neither a file nor random.
    """
    match = IMAGE_MODEL.fullmatch(image_model)
    assert match is not None  # it matches every text
    name, mark, weights = match.groups()
    if name not in IMAGE_MODELS:
        raise ValueError(
            f"image model {image_model!r} is not known; one of {', '.join(IMAGE_MODELS)}"
            f"{did_you_mean(name, IMAGE_MODELS)}"
        )
    if mark == "@" and weights != "random":
        raise ValueError(f"image model {image_model!r}: behind @ only `random` has a meaning")
    if mark == "=" and not Path(weights).expanduser().is_file():
        raise ValueError(f"image model {image_model!r}: there is no weights file {weights!r}; check the path")
    return name, weights


def hub_name(text_model: str) -> str:
    """The published BERTs under the name that the hub has them by, everything else as it is."""
    published = PUBLISHED_BERT.fullmatch(text_model) and not Path(text_model).is_dir()
    return f"google-bert/{text_model}" if published else text_model


def check_parts(config: MmbtConfig) -> None:
    """Checks both names, the files behind them, and whether pictures and text fit; nothing is loaded.

    The server is asked for weights that are not cached yet; registry packages are not looked up.

    Raises:
        ValueError: a part that cannot be had or does not fit.
    """
    name, weights = split_name(config.image_model)
    if not weights and name in RESNETS:
        _check_download(RESNETS[name], name)
    positions = _positions(config.text_model)
    if positions is not None:
        config.check(positions)


def _check_download(file: str, name: str) -> None:
    """Raises ValueError unless torchvision finds `file` in its cache or can fetch it."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "torch"
    if (Path(home).expanduser() / "hub" / "checkpoints" / file).is_file():
        return
    url = f"{DOWNLOADS}/{file}"
    try:
        urlopen(Request(url, method="HEAD"), timeout=HUB_TIMEOUT_S).close()
    except OSError as error:
        raise ValueError(
            f"cannot download torchvision's weights of {name}: {error}; copy the file {url} and give it as "
            f"{name}=FILE.pth, or use {EFFICIENTNET}"
        ) from None


def _positions(text_model: str) -> int | None:
    if text_model == MINILM:
        return MINILM_POSITIONS
    source = hub_name(text_model)
    check_model(source)
    path = Path(source).expanduser()
    folder = path if path.is_dir() else cached_snapshot(source)
    if folder is None:
        return None
    shape = read_config(folder)
    if shape.get("model_type") != "bert":
        raise ValueError(f"{text_model!r} is a {shape.get('model_type')}; MMBT needs a BERT")
    return int(shape.get("max_position_embeddings", MINILM_POSITIONS))
