"""The contents of a model folder's `mmbt.json`, read without torch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actors.models.mmbt.pixels import PUBLISHED, scale_of

FORMATS = (1, 2)  # 1 normalised EfficientNet's pixels as published for ResNets
FORMAT = FORMATS[-1]
DESCRIPTION, WEIGHTS = "mmbt.json", "model.safetensors"


@dataclass(frozen=True)
class Description:
    """`config` are the fields of MmbtConfig; `labels` the classes in the order of the probabilities."""

    config: Mapping[str, Any]
    labels: tuple[str, ...]
    temperature: float
    preset: str | None
    sources: Mapping[str, Mapping[str, str]]
    weights_sha256: str

    @property
    def multi_label(self) -> bool:
        """Whether every label is its own yes or no."""
        return bool(self.config["multi_label"])


def read_description(folder: str | Path) -> Description:
    """The description of an MMBT folder whose weights are there too.

    Raises:
        ValueError: no folder, no description (a torn copy), or one that makes no sense.
    """
    path = Path(folder)
    if not path.is_dir():
        raise ValueError(
            f"model folder {str(folder)!r} does not exist; `python -m trainers mmbt` writes OUT/model"
        )
    for name in (DESCRIPTION, WEIGHTS):
        if not (path / name).is_file():
            raise ValueError(
                f"{str(folder)!r} has no {name}, so it is no complete MMBT folder; copy it again"
            )
    try:
        content = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))
        if content["format"] not in FORMATS:
            raise ValueError(f"format {content['format']}, this version reads {FORMATS}")
        described = Description(
            config=content["config"] | {"labels": tuple(content["labels"])},
            labels=tuple(content["labels"]),
            temperature=float(content["temperature"]),
            preset=content["preset"],
            sources=content["sources"],
            weights_sha256=content["weights_sha256"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path / DESCRIPTION} cannot be used ({error!r}); copy the folder again") from None
    if content["format"] == 1 and scale_of(str(described.config["image_model"])) != PUBLISHED:
        raise ValueError(
            f"{str(folder)!r} was trained by an earlier version, which normalised the pixels of "
            f"{described.config['image_model']} otherwise; train it again"
        )
    if not (described.temperature > 0 and math.isfinite(described.temperature)):
        raise ValueError(f"{path / DESCRIPTION}: temperature is {described.temperature}, expected above 0")
    return described
