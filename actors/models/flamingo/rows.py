"""Prompts with pictures as a decoder reads them, and the reader that shows the pictures to the model."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from actors.models.decoding.prefill import Reader, cache_layers, shared_prefix
from actors.models.decoding.rows import DecodeRow, pad_rows
from actors.models.flamingo.config import MediaAttention
from actors.models.flamingo.media import KeysAndValues, PictureAttention, ShownPictures, picture_index

View = tuple[int, ...]
MOST_HELD = 64  # 20 MB each for 40 tokens of the 9B shape in bfloat16
NOTHING = torch.zeros(0, 0, dtype=torch.long)
NO_PICTURES = ShownPictures({}, NOTHING, NOTHING, anything=False)


@dataclass(frozen=True)
class PictureRow(DecodeRow):
    """A prompt whose tokens look at pictures.

    `pictures` are the row's numbers in the table of all pictures, `index` says for every prompt token
    which of them it looks at (1 is the first, 0 none), and `behind` the same for tokens of the answer.
    """

    pictures: tuple[int, ...] = ()
    index: tuple[int, ...] = ()
    behind: int = 0

    def index_at(self, place: int) -> int:
        """`index` of the token at `place`, counted through prompt and answer."""
        return self.index[place] if place < len(self.index) else self.behind


def picture_row(
    row_id: str,
    ids: Sequence[int],
    *,
    pictures: Sequence[int],
    media_token: int,
    mode: MediaAttention,
    seed: int,
    limit: int,
) -> PictureRow:
    """The row of a prompt that has one `<image>` token for each of its pictures."""
    index = picture_index(torch.tensor([list(ids)]) == media_token, mode)[0].tolist()
    behind = len(pictures) if mode is MediaAttention.PREVIOUS else 0
    return PictureRow(row_id, seed, ids, None, limit, tuple(pictures), tuple(index), behind)


@dataclass
class PictureReader(Reader):
    """Reads prompts with pictures; `table` maps decoder layers to keys and values of all pictures.

    Where text looks at the picture behind it, what all prompts begin with is read once per picture and
    kept until the last of its `rows` has been read, for at most `MOST_HELD` pictures at a time.
    """

    attention: Sequence[PictureAttention] = ()
    table: Mapping[int, KeysAndValues] = field(default_factory=dict)
    rows: Sequence[PictureRow] = ()
    _held: dict[View, list[KeysAndValues]] = field(default_factory=dict, init=False, repr=False)

    def read_prefix(self) -> None:
        self._left = Counter(view_of(row, len(self.prefix)) for row in self.rows)

    def prefix_layers(self, rows: Sequence[DecodeRow]) -> list[KeysAndValues]:
        if not self.prefix:
            return []
        viewers = {view_of(row, len(self.prefix)): row for row in rows}
        missing = {key: row for key, row in viewers.items() if key not in self._held}
        prefixes = {key: self._held[key] for key in viewers if key in self._held}
        prefixes |= self._read_prefixes(missing)
        keys = [view_of(row, len(self.prefix)) for row in rows]
        self._left.subtract(keys)
        self._held |= {key: prefixes[key] for key in missing if len(self._held) < MOST_HELD}
        for key in viewers:
            if self._left[key] <= 0:
                self._held.pop(key, None)
        layers = zip(*[prefixes[key] for key in keys], strict=True)
        return [(torch.cat([k for k, _ in layer]), torch.cat([v for _, v in layer])) for layer in layers]

    def _read_prefixes(self, rows: Mapping[View, DecodeRow]) -> dict[View, list[KeysAndValues]]:
        if not rows:
            return {}
        cache = DynamicCache()
        ids = self.ids([self.prefix] * len(rows))
        self.forward(list(rows.values()), [0] * len(rows), input_ids=ids, past_key_values=cache)
        layers = cache_layers(cache)
        return {key: [_one(layer, place) for layer in layers] for place, key in enumerate(rows)}

    def known_inputs(self) -> Iterable[str]:
        # open_flamingo's wrapper takes anything by name; what counts is the class it was put around.
        wrapped: Any = type(self.model).__bases__[1]
        return inspect.signature(wrapped.forward).parameters

    def forward(
        self, rows: Sequence[DecodeRow] = (), places: Sequence[int] = (), **inputs: Any
    ) -> torch.Tensor:
        shown = self._shown(rows, places, inputs["input_ids"].shape[1])
        for layer in self.attention:
            layer.shown = shown
        try:
            return super().forward(**inputs)
        finally:
            for layer in self.attention:
                layer.shown = None

    def _shown(self, rows: Sequence[DecodeRow], places: Sequence[int], width: int) -> ShownPictures:
        index: list[list[int]] = []
        pictures: list[Sequence[int]] = []
        for row, place in zip(rows, places, strict=True):
            assert isinstance(row, PictureRow)
            looked = [row.index_at(place + step) for step in range(width)]
            used = sorted(set(looked) - {0})
            index.append([used.index(look) + 1 if look else 0 for look in looked])
            pictures.append([row.pictures[look - 1] for look in used])
        if not any(pictures):
            return NO_PICTURES
        device = self.model.device
        return ShownPictures(
            dict(self.table), pad_rows(pictures, device), pad_rows(index, device), anything=True
        )


def _one(layer: KeysAndValues, place: int) -> KeysAndValues:
    keys, values = layer
    return keys[place : place + 1].clone(), values[place : place + 1].clone()


def view_of(row: DecodeRow, length: int) -> View:
    """For each of the first `length` tokens the picture it looks at, by number in the table; -1: none."""
    assert isinstance(row, PictureRow)
    return tuple(row.pictures[look - 1] if look else -1 for look in row.index[:length])


def prefix_worth_sharing(rows: Sequence[PictureRow]) -> tuple[int, ...]:
    """Tokens that all prompts begin with; () where no two prompts look at the same pictures within them."""
    shared = shared_prefix(rows)
    views = {view_of(row, len(shared)) for row in rows}
    return shared if len(views) < len(rows) else ()
