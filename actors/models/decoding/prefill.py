"""Prefill: prompts read into key-value caches, their common prefix only once."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel

from actors.models.decoding.rows import DecodeRow, pad_rows
from actors.models.decoding.slot_cache import KeysAndValues
from actors.models.decoding.tokens import shared_length

MIN_SHARED_TOKENS = 16  # a shorter common beginning costs more in copies than it saves
# One prefill takes rows of unlike lengths only up to this many tokens: beyond it the hardware is busy
# anyway, and padding is computed like everything else.
SMALL_PREFILL, MAX_PADDING = 512, 1.1


@dataclass
class Reader:
    """Runs a model over prompts. Prompts of one `read` are padded on the right: real tokens keep the
    positions and neighbours they have alone, so no mask is needed and every architecture agrees."""

    model: PreTrainedModel
    prefix: tuple[int, ...] = ()
    _prefix_layers: list[KeysAndValues] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        # A few architectures know no positions (ALiBi) or always return all logits.
        self.unknown = {"position_ids", "logits_to_keep"} - set(self.known_inputs())
        self.read_prefix()

    def read_prefix(self) -> None:
        """Fills the cache of the prompts' common prefix, before any prompt is read."""
        if self.prefix:
            cache = DynamicCache()
            self.forward(input_ids=self.ids([self.prefix]), past_key_values=cache)
            self._prefix_layers = cache_layers(cache)

    def prefix_layers(self, rows: Sequence[DecodeRow]) -> list[KeysAndValues]:
        """Per layer, keys and values of the prefix for every row; empty without a prefix."""
        return [
            (keys.expand(len(rows), -1, -1, -1), values.expand(len(rows), -1, -1, -1))
            for keys, values in self._prefix_layers
        ]

    def known_inputs(self) -> Iterable[str]:
        """Names that the model's forward takes."""
        return inspect.signature(self.model.forward).parameters

    def forward(
        self, rows: Sequence[DecodeRow] = (), places: Sequence[int] = (), **inputs: Any
    ) -> torch.Tensor:
        """Logits `[rows, logits_to_keep, vocabulary]` of the last positions, by default of the last one.

        `rows` and `places`, each row's first position among `inputs`, are for readers whose model
        has inputs beside tokens; this one ignores them.
        """
        inputs.setdefault("logits_to_keep", 1)
        accepted = {name: value for name, value in inputs.items() if name not in self.unknown}
        return self.model(**accepted, use_cache=True).logits

    def ids(self, rows: Sequence[Sequence[int]]) -> torch.Tensor:
        """`[rows, longest]`, padded on the right with token 0, which no real token can see."""
        return pad_rows(rows, self.model.device)

    def read(self, rows: Sequence[DecodeRow]) -> list[KeysAndValues]:
        """Per layer, keys and values of all but the last token of every row, row i's in its first columns."""
        return cache_layers(self.read_cache(rows))

    def read_cache(self, rows: Sequence[DecodeRow]) -> DynamicCache:
        """The cache with which the model continues; its layers are what `read` returns."""
        cache = DynamicCache()
        for index, (keys, values) in enumerate(self.prefix_layers(rows)):
            cache.update(keys, values, index)
        if max(row.length for row in rows) - 1 > len(self.prefix):
            self.forward(rows, [len(self.prefix)] * len(rows), **self._rest(rows), past_key_values=cache)
        return cache

    def last_inputs(self, rows: Sequence[DecodeRow], following: torch.Tensor | None = None) -> dict[str, Any]:
        """The model's input after `read`: every row's last token, then `following` `[rows, tokens]`."""
        if following is None:
            following = torch.zeros(len(rows), 0, dtype=torch.long, device=self.model.device)
        if rows[0].input_ids is not None:
            return {"input_ids": torch.cat([self.ids([row.ids[-1:] for row in rows]), following], dim=1)}
        vectors = self.model.get_input_embeddings()(following)
        last = torch.stack([row.embeds[-1:].to(vectors) for row in rows])
        return {"inputs_embeds": torch.cat([last, vectors], dim=1)}

    def _rest(self, rows: Sequence[DecodeRow]) -> dict[str, torch.Tensor]:
        if rows[0].input_ids is not None:
            return {"input_ids": self.ids([row.ids[len(self.prefix) : -1] for row in rows])}
        vectors = [row.embeds[:-1].to(self.model.device) for row in rows]
        return {"inputs_embeds": torch.nn.utils.rnn.pad_sequence(vectors, batch_first=True)}


def shared_prefix(rows: Sequence[DecodeRow]) -> tuple[int, ...]:
    """The tokens that all rows begin with, short of anybody's last token; () where sharing does not pay."""
    if len(rows) < 2 or any(row.input_ids is None for row in rows):
        return ()
    shared = tuple(rows[0].ids[: shared_length([row.ids[:-1] for row in rows])])
    return shared if len(shared) >= MIN_SHARED_TOKENS else ()


def length_groups(rows: Sequence[DecodeRow], prefix: int = 0) -> Iterator[list[DecodeRow]]:
    """`rows`, sorted by length, in groups that are read together without much padding."""
    group: list[DecodeRow] = []
    tokens = 0
    for row in rows:
        longest = max(member.length for member in [*group, row]) - prefix
        padded = longest * (len(group) + 1)
        if group and padded > max(SMALL_PREFILL, MAX_PADDING * (tokens + row.length - prefix)):
            yield group
            group, tokens = [], 0
        group.append(row)
        tokens += row.length - prefix
    if group:
        yield group


def cache_layers(cache: DynamicCache) -> list[KeysAndValues]:
    """Keys and values of every layer of a cache."""
    layers: list[Any] = cache.layers
    return [(layer.keys, layer.values) for layer in layers]
