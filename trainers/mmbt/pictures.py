"""Pictures of a training: tokens of the frozen backbone, computed once, or pixels while it trains."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from actors.models.mmbt.features import PictureFeatures
from actors.models.mmbt.model import PICTURES_PER_BATCH, MmbtModel
from pipelines.manifest import write_json

DECODERS = 4
KEYS = "paths.json"  # which stored tokens belong to the file at a path


@dataclass(frozen=True)
class Pictures:
    """Distinct pictures by path; None, the grey one, is among them when a row has none.

    `tokens` are the stored ones of the frozen backbone, `stored` the place of each picture among them.
    """

    paths: tuple[str | None, ...]
    tokens: NDArray[np.float32] | None = None
    stored: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, rows: Sequence[Sequence[str | None]]) -> Pictures:
        """The distinct pictures of all `rows`, in a fixed order."""
        distinct = {path for part in rows for path in part}
        return cls(tuple(sorted(distinct, key=lambda path: path or "")))

    def places(self, paths: Sequence[str | None]) -> NDArray[np.int64]:
        """Position of every path among the distinct ones."""
        place = {path: number for number, path in enumerate(self.paths)}
        return np.array([place[path] for path in paths], dtype=np.int64)

    def tokens_of(self, places: NDArray[np.int64]) -> Tensor:
        """Float32 `[n, image_tokens, C]` of the frozen backbone."""
        assert self.tokens is not None and self.stored is not None
        return torch.from_numpy(np.array(self.tokens[self.stored[places]], dtype=np.float32))


def pixels(model: MmbtModel, paths: Sequence[str | None]) -> Tensor:
    """Float32 `[n, 3, 224, 224]` of the pictures at `paths`."""
    with ThreadPoolExecutor(DECODERS) as pool:
        return torch.stack(list(pool.map(lambda path: model.transform(_bytes(path)), paths)))


def encode(model: MmbtModel, paths: Sequence[str | None]) -> Tensor:
    """Float32 `[n, image_tokens, C]` of the backbone as it stands, a few pictures in memory at a time."""
    parts = [
        model.picture_tokens(pixels(model, paths[start : start + PICTURES_PER_BATCH]))
        for start in range(0, len(paths), PICTURES_PER_BATCH)
    ]
    return torch.cat(parts)


def with_tokens(model: MmbtModel, pictures: Pictures, root: Path) -> Pictures:
    """`pictures` with the tokens of the model's backbone as it is now, stored under `root`; those that are
    not there yet are encoded."""
    features = PictureFeatures(model, root)
    file = features.folder / KEYS
    key_of: dict[str, str] = json.loads(file.read_text()) if file.is_file() else {}
    names = [_name(path) for path in pictures.paths]
    new = [(name, path) for name, path in zip(names, pictures.paths, strict=True) if name not in key_of]
    if new:
        keys = features.fill(_bytes(path) for _, path in new)
        key_of |= {name: key.hex() for (name, _), key in zip(new, keys, strict=True)}
        write_json(file, key_of)
    places = np.array([features.places[bytes.fromhex(key_of[name])] for name in names], dtype=np.int64)
    return Pictures(pictures.paths, features.rows, places)


def _name(path: str | None) -> str:
    """Path, size and time of change: another picture at the same path is another one."""
    if path is None:
        return ""
    file = Path(path).stat()
    return f"{path} {file.st_size} {file.st_mtime_ns}"


def _bytes(path: str | None) -> bytes | None:
    return None if path is None else Path(path).read_bytes()
