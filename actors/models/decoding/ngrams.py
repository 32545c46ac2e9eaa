"""Tokens that would repeat a run of tokens the text already has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass
class SeenNgrams:
    """All runs of `size` tokens in a growing text, prompt included as in transformers."""

    size: int
    tokens: list[int] = field(default_factory=list)
    _next: dict[tuple[int, ...], set[int]] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, size: int, tokens: Iterable[int]) -> SeenNgrams:
        """The runs of `tokens`."""
        seen = cls(size)
        for token in tokens:
            seen.add(token)
        return seen

    def add(self, token: int) -> None:
        """Takes one more token at the end of the text."""
        if len(self.tokens) >= self.size - 1:
            self._next.setdefault(self._ending(), set()).add(token)
        self.tokens.append(token)

    def banned(self) -> Sequence[int]:
        """Tokens that would end a run which is there already."""
        if len(self.tokens) < self.size - 1:
            return ()
        return sorted(self._next.get(self._ending(), ()))

    def _ending(self) -> tuple[int, ...]:
        return tuple(self.tokens[len(self.tokens) - self.size + 1 :])
