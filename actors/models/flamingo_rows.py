"""Prompts with pictures as a decoder reads them, and the reader that shows the pictures to the model."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from actors.models.decode_rows import DecodeRow
from actors.models.flamingo_config import MediaAttention
from actors.models.flamingo_media import KeysAndValues, PictureAttention, ShownPictures, padded, picture_index
from actors.models.prefill import Reader, shared_prefix

NOTHING = torch.zeros(0, 0, dtype=torch.long)
NO_PICTURES = ShownPictures({}, NOTHING, NOTHING, anything=False)


@dataclass(frozen=True)
class PictureRow(DecodeRow):
    """A prompt whose tokens look at pictures.

    `pictures` are the row's numbers in the table of all pictures, `index` says for every prompt token
    which of them it looks at (1 is the first, 0 none), and `behind` the same for tokens that follow.
    """

    pictures: tuple[int, ...] = ()
    index: tuple[int, ...] = ()
    behind: int = 0

    def index_at(self, place: int) -> int:
        """What the token at `place` of prompt and answer looks at."""
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
    """Reads prompts with pictures; `table` maps decoder layers to keys and values of all pictures."""

    attention: Sequence[PictureAttention] = ()
    table: Mapping[int, KeysAndValues] = field(default_factory=dict)

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
            looks = [row.index_at(place + step) for step in range(width)]
            used = sorted(set(looks) - {0})
            index.append([used.index(look) + 1 if look else 0 for look in looks])
            pictures.append([row.pictures[look - 1] for look in used])
        if not any(pictures):
            return NO_PICTURES
        device = self.model.device
        return ShownPictures(dict(self.table), padded(pictures, device), padded(index, device), anything=True)


def prefix_without_pictures(rows: Sequence[PictureRow]) -> tuple[int, ...]:
    """What all prompts begin with, as far as none of them looks at a picture."""
    shared = shared_prefix(rows)
    blind = min((_first_look(row) for row in rows), default=0)
    shared = shared[:blind]
    return shared if len(shared) >= 16 else ()


def _first_look(row: PictureRow) -> int:
    return next((place for place, look in enumerate(row.index) if look), len(row.index))
