"""A key-value cache whose rows come and go while their neighbours keep decoding.

Every row owns a slot of one preallocated buffer `[slots, heads, columns, head_dim]`. Rows are aligned
at their newest column (`end`), so a decoding step writes one column for all of them in place, and what
attention reads is a view: nothing is concatenated and no row is copied when another one enters or leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from transformers.cache_utils import Cache, CacheLayerMixin

KeysAndValues = tuple[torch.Tensor, torch.Tensor]  # of one layer, each [rows, heads, length, head_dim]
SPARE_COLUMNS = 64  # steps between two moves of the whole buffer, at least


@dataclass
class Window:
    """The columns `start:end` hold the cached tokens of the first `rows` slots."""

    slots: int
    capacity: int = 0
    rows: int = 0
    start: int = 0
    end: int = 0


class SlotLayer(CacheLayerMixin):
    """One attention layer's share of a SlotCache."""

    is_sliding = False

    def __init__(self, window: Window) -> None:
        super().__init__()
        self.window = window
        self.buffers: list[torch.Tensor] = []  # keys and values

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self.buffers = [self._empty(part, self.window.capacity) for part in (key_states, value_states)]
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        window = self.window
        stop = window.end + key_states.shape[-2]
        for buffer, states in zip(self.buffers, (key_states, value_states), strict=True):
            buffer[: window.rows, :, window.end : stop] = states
        keys, values = (buffer[: window.rows, :, window.start : stop] for buffer in self.buffers)
        return keys, values

    def write(self, slot: int, row: Sequence[torch.Tensor]) -> None:
        """Stores one row's keys and values `[heads, length, head_dim]` before the window's end."""
        if not self.is_initialized:
            self.lazy_initialization(row[0][None], row[1][None])
        for buffer, states in zip(self.buffers, row, strict=True):
            buffer[slot, :, self.window.end - states.shape[1] : self.window.end] = states

    def copy(self, source: int, target: int, length: int) -> None:
        """Copies the last `length` columns of slot `source` into slot `target`."""
        columns = slice(self.window.end - length, self.window.end)
        for buffer in self.buffers:
            buffer[target, :, columns] = buffer[source, :, columns]

    def move(self, end: int, capacity: int) -> None:
        """Moves the window's columns so that they end at `end` of a buffer with `capacity` columns."""
        window, width = self.window, self.window.end - self.window.start
        for index, old in enumerate(self.buffers):
            columns = old[: window.rows, :, window.start : window.end]
            new = old if capacity == old.shape[2] else self._empty(old, capacity)
            new[: window.rows, :, end - width : end] = columns.clone() if new is old else columns
            self.buffers[index] = new

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self.get_seq_length() + query_length, 0

    def get_seq_length(self) -> int:
        return self.window.end - self.window.start

    def get_max_length(self) -> int:
        return -1

    def _empty(self, like: torch.Tensor, capacity: int) -> torch.Tensor:
        # Zeros, because a masked column still enters a product with weight 0, and 0 * nan is nan.
        _, heads, _, dim = like.shape
        return torch.zeros(self.window.slots, heads, capacity, dim, dtype=like.dtype, device=like.device)


class SlotCache(Cache):
    """The cache of up to `slots` rows; `lengths[i]` is how many tokens slot i holds."""

    def __init__(self, slots: int) -> None:
        self.window = Window(slots)
        self.lengths: list[int] = []
        self.slot_layers: list[SlotLayer] = []
        super().__init__(layers=cast(Any, self.slot_layers))

    @property
    def width(self) -> int:
        """Columns of the longest row."""
        return self.window.end - self.window.start

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self._layer(layer_idx).update(key_states, value_states)

    def insert(self, prefilled: Sequence[KeysAndValues], lengths: Sequence[int]) -> None:
        """Takes the first `lengths[i]` tokens of row i of every layer into the next free slots."""
        self._fit(max(lengths))
        for row, length in enumerate(lengths):
            for index, layer in enumerate(prefilled):
                self._layer(index).write(len(self.lengths), [part[row, :, :length] for part in layer])
            self.lengths.append(length)
        self._trim()

    def remove(self, slot: int) -> None:
        """Frees a slot; the row of the last slot moves into it."""
        length = self.lengths.pop()
        last = len(self.lengths)
        if slot != last:
            for layer in self.slot_layers:
                layer.copy(last, slot, length)
            self.lengths[slot] = length
        self._trim()

    def mask(self, device: torch.device) -> torch.Tensor | None:
        """`[rows, width + 1]`, True where the next token may look; None if no row is padded."""
        if all(length == self.width for length in self.lengths):
            return None
        first = self.width - torch.tensor(self.lengths)
        return (torch.arange(self.width + 1)[None, :] >= first[:, None]).to(device)

    def before_step(self) -> None:
        """Makes room for one more column."""
        self._fit(self.width)

    def after_step(self) -> None:
        """Counts the column that the model has written for every row."""
        self.window.end += 1
        self.lengths = [length + 1 for length in self.lengths]

    def _layer(self, index: int) -> SlotLayer:
        while len(self.slot_layers) <= index:
            self.slot_layers.append(SlotLayer(self.window))
        return self.slot_layers[index]

    def _fit(self, width: int) -> None:
        """Moves or enlarges buffers unless `width` columns fit before the window's end and one after it."""
        window = self.window
        if width <= window.end < window.capacity:
            return
        end = max(width, self.width)
        spare = max(SPARE_COLUMNS, end // 4)
        capacity = window.capacity if end + SPARE_COLUMNS <= window.capacity else end + spare
        for layer in self.slot_layers:
            layer.move(end, capacity)
        window.start, window.end, window.capacity = end - self.width, end, capacity

    def _trim(self) -> None:
        self.window.rows = len(self.lengths)
        self.window.start = self.window.end - max(self.lengths, default=0)
