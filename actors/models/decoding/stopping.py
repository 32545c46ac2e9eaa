"""When a text is over: end tokens and stop strings."""

from __future__ import annotations

from dataclasses import dataclass, field

from transformers import GenerationConfig, PreTrainedTokenizerBase

# A character is at most four byte-level tokens; a few more for tokens that decode to nothing.
TOKENS_PER_CHARACTER, SPARE_TOKENS = 4, 8


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
