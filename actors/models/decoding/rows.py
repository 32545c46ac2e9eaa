"""What goes into a decoder and what comes out, for one row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch


@dataclass(frozen=True)
class DecodeRow:
    """One prompt as a decoder-only model reads it: token ids, or vectors `[length, hidden size]`.

    `seed` starts the row's own random stream; `max_new_tokens` is the row's limit where its context
    leaves less than the call's parameters ask for.
    """

    id: str
    seed: int
    input_ids: Sequence[int] | None = None
    inputs_embeds: torch.Tensor | None = None
    max_new_tokens: int | None = None

    @property
    def length(self) -> int:
        return len(self.input_ids) if self.input_ids is not None else len(self.embeds)

    @property
    def ids(self) -> Sequence[int]:
        assert self.input_ids is not None, f"{self.id} has no input_ids"
        return self.input_ids

    @property
    def embeds(self) -> torch.Tensor:
        assert self.inputs_embeds is not None, f"{self.id} has no inputs_embeds"
        return self.inputs_embeds


@dataclass
class Decoded:
    """New tokens of one row, its end token not among them, and why it stopped (`stop` or `length`).

    `logprob` sums the natural-log probabilities of all sampled tokens and `new_tokens` counts them, the
    end token and those behind a stop string included.
    """

    tokens: list[int] = field(default_factory=list)
    finish_reason: str = ""
    logprob: float = 0.0
    new_tokens: int = 0
