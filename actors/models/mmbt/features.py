"""Picture tokens of a frozen backbone, computed once per distinct picture and mapped into memory.

One folder per backbone and number of tokens. It holds `keys` (32 bytes per picture) and
`tokens` (float32 rows, in the keys' order). Both only grow, and a row's key is written after the row, so any
number of processes may read while one writes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from actors.models.mmbt.backbones import state_hash
from actors.models.mmbt.model import PICTURES_PER_BATCH, MmbtModel
from actors.models.mmbt.pixels import CROPPED, RESIZED

KEY_BYTES = 32
GREY_KEY = bytes(KEY_BYTES)
DECODERS = 4
KIND = np.dtype(np.float32)


class PictureFeatures:
    """Stored picture tokens of `model`'s backbone as it is now, under `root`."""

    def __init__(self, model: MmbtModel, root: Path) -> None:
        self.model = model
        self.shape = (model.config.image_tokens, model.channels)
        about = {
            "backbone_sha256": state_hash(model.module.image_features),
            "image_tokens": model.config.image_tokens,
            "transform": [RESIZED, CROPPED, model.scale.mean, model.scale.std],
            "number_format": KIND.name,
        }
        text = json.dumps(about, sort_keys=True)
        self.folder = root / hashlib.sha256(text.encode()).hexdigest()[:24]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "about.json").write_text(text + "\n")
        self.places: dict[bytes, int] = {}
        self.rows: np.ndarray | None = None
        self.refresh()

    def refresh(self) -> None:
        """Sees what other processes have added."""
        file = self.folder / "keys"
        keys = file.read_bytes() if file.is_file() else b""
        count = len(keys) // KEY_BYTES
        self.places = {keys[i * KEY_BYTES : (i + 1) * KEY_BYTES]: i for i in range(count)}
        tokens, shape = self.folder / "tokens", (count, *self.shape)
        self.rows = np.memmap(tokens, KIND, mode="r", shape=shape) if count else None

    def fill(self, pictures: Iterable[bytes | None]) -> list[bytes]:
        """Encodes the pictures that are new, None as the grey one; returns all their keys.

        A second process that fills at the same time waits, and then finds them.

        Raises:
            BadRow: a picture that cannot be read.
        """
        keys: list[bytes] = []
        waiting = iter(pictures)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._drop_torn()
            self.refresh()
            while batch := list(islice(waiting, PICTURES_PER_BATCH)):
                keys += self._fill_batch(batch)
            self.refresh()
        return keys

    def _fill_batch(self, batch: list[bytes | None]) -> list[bytes]:
        keys = [picture_key(picture) for picture in batch]
        new = {key: picture for key, picture in zip(keys, batch, strict=True) if key not in self.places}
        with ThreadPoolExecutor(DECODERS) as pool:
            pixels = list(pool.map(self.model.transform, new.values()))
        if pixels:
            tokens = self.model.picture_tokens(torch.stack(pixels))
            with (self.folder / "tokens").open("ab") as file:
                file.write(tokens.numpy().astype(KIND).tobytes())
            with (self.folder / "keys").open("ab") as file:
                file.write(b"".join(new))
            for key in new:
                self.places[key] = len(self.places)
        return keys

    def _drop_torn(self) -> None:
        """Cuts what a killed writer left behind the last whole row."""
        row_bytes = int(np.prod(self.shape)) * KIND.itemsize
        keys, tokens = self.folder / "keys", self.folder / "tokens"
        whole = min(_size(keys) // KEY_BYTES, _size(tokens) // row_bytes)
        for file, length in ((keys, whole * KEY_BYTES), (tokens, whole * row_bytes)):
            if _size(file) != length:
                with file.open("r+b") as content:
                    content.truncate(length)


def picture_key(picture: bytes | None) -> bytes:
    """SHA-256 of the picture's bytes; 32 zero bytes for none."""
    return GREY_KEY if picture is None else hashlib.sha256(picture).digest()


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0
