"""One row's input to a decoder, its output, and the rule that ends its text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from transformers import GenerationConfig, PreTrainedTokenizerBase

from actors.models.decoding.tokens import Fitted
from actors.models.text_generator import Generation

# A character is at most four byte-level tokens; a few more for tokens that decode to nothing.
TOKENS_PER_CHARACTER, SPARE_TOKENS = 4, 8


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

    def limit(self, max_new_tokens: int) -> int:
        """New tokens at most, where the call allows `max_new_tokens`."""
        return max_new_tokens if self.max_new_tokens is None else min(max_new_tokens, self.max_new_tokens)


@dataclass(frozen=True)
class Stopping:
    """End tokens of a model, and strings at which a text ends (the string itself is left out)."""

    tokenizer: PreTrainedTokenizerBase
    end_tokens: frozenset[int]
    strings: tuple[str, ...] = ()
    tail: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if any(not string for string in self.strings):
            raise ValueError(f"stop strings {self.strings!r} contain an empty one; remove it")
        longest = max((len(string) for string in self.strings), default=0)
        object.__setattr__(self, "tail", TOKENS_PER_CHARACTER * longest + SPARE_TOKENS)

    def reached(self, tokens: list[int]) -> bool:
        """Whether the text of `tokens` holds a stop string; only its newest part is looked at."""
        if not self.strings:
            return False
        newest = self._decode(tokens[-self.tail :])
        return any(string in newest for string in self.strings)

    def text(self, tokens: list[int]) -> str:
        """The text of `tokens` up to the first stop string, special tokens left out."""
        text = self._decode(tokens)
        ends = [text.find(string) for string in self.strings]
        return text[: min((end for end in ends if end >= 0), default=len(text))]

    def _decode(self, tokens: list[int]) -> str:
        text = self.tokenizer.decode(tokens, skip_special_tokens=True)
        assert isinstance(text, str)
        return text


def end_tokens(config: GenerationConfig | None, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    """Ids that end a text, from the generation settings and the tokenizer together."""
    listed = config.eos_token_id if config is not None else None
    ids = listed if isinstance(listed, list) else [listed]
    return frozenset(token for token in [*ids, tokenizer.eos_token_id] if token is not None)


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

    def take(self, token: int, log_prob: float, stopping: Stopping, limit: int) -> bool:
        """Adds a token; True when it ends the text: an end token, a stop string, or token number `limit`."""
        self.new_tokens += 1
        self.logprob += log_prob
        ends = token in stopping.end_tokens
        if not ends:
            self.tokens.append(token)
        if ends or stopping.reached(self.tokens):
            self.finish_reason = "stop"
        elif self.new_tokens >= limit:
            self.finish_reason = "length"
        return bool(self.finish_reason)

    def generation(self, fit: Fitted, stopping: Stopping, prompt_tokens: int) -> Generation:
        """The answer to `fit`, which the model read as `prompt_tokens` tokens."""
        text, counts = stopping.text(self.tokens), (prompt_tokens, self.new_tokens)
        return Generation(text, self.finish_reason, *counts, self.logprob, fit.cut_tokens)


def pad_rows(rows: Sequence[Sequence[int]], device: torch.device) -> torch.Tensor:
    """`[rows, longest]`, filled up with 0."""
    longest = max(map(len, rows), default=0)
    filled = [[*row, *[0] * (longest - len(row))] for row in rows]
    return torch.tensor(filled, dtype=torch.long, device=device).reshape(len(rows), longest)
