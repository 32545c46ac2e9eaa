"""Picture tokens of a frozen backbone, computed once per distinct picture and mapped into memory.

One folder per backbone, number of tokens and number format. It holds `keys` (32 bytes per picture) and
`tokens` (the rows, in the keys' order). Both only grow, and a row's key is written after the row, so any
number of processes may read while one writes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from actors.base import BadRow
from actors.models.mmbt_backbones import state_hash
from actors.models.mmbt_model import PICTURES_PER_BATCH, MmbtModel
from actors.models.mmbt_pixels import CROPPED, MEAN, RESIZED, STD

KEY_BYTES = 32
GREY_KEY = bytes(KEY_BYTES)
DECODERS = 4
NumberFormat = Literal["float32", "float16"]


@dataclass
class Filled:
    """What `PictureFeatures.fill` did: the key of every picture in the order given, how many were None,
    the places of unreadable ones (both stand as the grey picture), how many were encoded now."""

    keys: list[bytes] = field(default_factory=list)
    missing: int = 0
    broken: dict[int, BadRow] = field(default_factory=dict)
    encoded: int = 0


class PictureFeatures:
    """Stored picture tokens of `model`'s backbone as it is now, under `root`."""

    def __init__(self, model: MmbtModel, root: Path, *, number_format: NumberFormat = "float32") -> None:
        self.model = model
        self.shape = (model.config.image_tokens, model.channels)
        self.kind = np.dtype(number_format)
        about = {
            "backbone_sha256": state_hash(model.module.image_features),
            "image_tokens": model.config.image_tokens,
            "transform": [RESIZED, CROPPED, MEAN, STD],
            "number_format": number_format,
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
        keys = _read(self.folder / "keys")
        self.places = {
            keys[i : i + KEY_BYTES]: i // KEY_BYTES for i in range(0, len(keys) - KEY_BYTES + 1, KEY_BYTES)
        }
        count = len(keys) // KEY_BYTES
        self.rows = (
            np.memmap(self.folder / "tokens", self.kind, mode="r", shape=(count, *self.shape))
            if count
            else None
        )

    def __len__(self) -> int:
        return len(self.places)

    def tokens(self, keys: Sequence[bytes]) -> torch.Tensor:
        """Float32 `[len(keys), image_tokens, C]`.

        Raises:
            KeyError: a picture that `fill` has not seen.
        """
        if not keys:
            return torch.zeros(0, *self.shape)
        places = [self.places[key] for key in keys]
        assert self.rows is not None
        return torch.from_numpy(self.rows[places].astype(np.float32))

    def fill(self, pictures: Iterable[bytes | None]) -> Filled:
        """Encodes the pictures that are new, in the order they come; None and unreadable ones are grey.

        A second process that fills at the same time waits, and then finds them.
        """
        done = Filled()
        with self._locked():
            self.refresh()
            for batch in _batches(pictures):
                self._fill_batch(batch, done)
            self.refresh()
        return done

    def _fill_batch(self, batch: list[bytes | None], done: Filled) -> None:
        start = len(done.keys)
        keys = [picture_key(picture) for picture in batch]
        new = {key: picture for key, picture in zip(keys, batch, strict=True) if key not in self.places}
        pixels: dict[bytes, torch.Tensor] = {}
        broken: dict[bytes, BadRow] = {}
        with ThreadPoolExecutor(DECODERS) as pool:
            for key, found in zip(new, pool.map(self._pixels, new.values()), strict=True):
                if isinstance(found, BadRow):
                    broken[key] = found
                else:
                    pixels[key] = found
        if broken and GREY_KEY not in self.places:
            pixels[GREY_KEY] = self.model.transform(None)
        if pixels:
            self._append(list(pixels), self.model.picture_tokens(torch.stack(list(pixels.values()))))
        done.encoded += len(pixels)
        done.missing += batch.count(None)
        done.broken |= {start + i: broken[key] for i, key in enumerate(keys) if key in broken}
        done.keys += [GREY_KEY if key in broken else key for key in keys]

    def _pixels(self, picture: bytes | None) -> torch.Tensor | BadRow:
        try:
            return self.model.transform(picture)
        except BadRow as bad:
            return bad

    def _append(self, keys: list[bytes], tokens: torch.Tensor) -> None:
        rows = tokens.numpy().astype(self.kind)
        if not np.isfinite(rows).all():
            raise ValueError(f"picture tokens do not fit into {self.kind}; store them as float32")
        with (self.folder / "tokens").open("ab") as file:
            file.write(rows.tobytes())
        with (self.folder / "keys").open("ab") as file:
            file.write(b"".join(keys))
        for key in keys:
            self.places[key] = len(self.places)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._drop_torn()
            yield

    def _drop_torn(self) -> None:
        """Cuts what a killed writer left behind the last whole row."""
        row_bytes = int(np.prod(self.shape)) * self.kind.itemsize
        keys, tokens = self.folder / "keys", self.folder / "tokens"
        whole = min(_size(keys) // KEY_BYTES, _size(tokens) // row_bytes)
        for file, length in ((keys, whole * KEY_BYTES), (tokens, whole * row_bytes)):
            if _size(file) != length:
                with file.open("r+b") as content:
                    content.truncate(length)


def picture_key(picture: bytes | None) -> bytes:
    """SHA-256 of the picture's bytes; 32 zero bytes for none."""
    return GREY_KEY if picture is None else hashlib.sha256(picture).digest()


def _batches(pictures: Iterable[bytes | None]) -> Iterator[list[bytes | None]]:
    batch: list[bytes | None] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == PICTURES_PER_BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _size(file: Path) -> int:
    return file.stat().st_size if file.is_file() else 0


def _read(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""
