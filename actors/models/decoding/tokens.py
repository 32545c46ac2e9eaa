"""Prompts to token ids that fit a model's context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from transformers import PreTrainedTokenizerBase

from actors.models.text_generator import EMPTY_PROMPT, TOO_LONG, BadRow, Prompt

BOUNDARY = 64  # characters before a candidate that decide how the two are cut into tokens
MAX_BOUNDARIES = 10_000  # cached pairs of prompt end and choice; prompts mostly end alike


@dataclass(frozen=True)
class Fitted:
    """A prompt as the model reads it; `cut_tokens` of the document were left out."""

    id: str
    text: str
    ids: list[int]
    cut_tokens: int = 0


@dataclass
class PromptTokens:
    """Tokenises with `add_special_tokens=False`, because templates spell their special tokens out.

    One exception: where the tokenizer begins every text with its BOS token by default and the prompt
    does not begin with it already, it is put in front. Raw prompts of LLaMA need it.
    """

    tokenizer: PreTrainedTokenizerBase
    context: int
    bos: int | None = field(init=False)
    _boundaries: dict[tuple[str, str], list[int]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        first = self.tokenizer("a").input_ids[:1]
        self.bos = first[0] if first and first[0] == self.tokenizer.bos_token_id else None

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of every text."""
        if not texts:
            return []
        ids: list[list[int]] = self.tokenizer(list(texts), add_special_tokens=False).input_ids
        if self.bos is None:
            return ids
        return [row if row[:1] == [self.bos] else [self.bos, *row] for row in ids]

    def fit(self, prompts: Sequence[Prompt], reserve: int) -> list[Fitted | BadRow]:
        """Every prompt with `reserve` tokens of the context left free, its document cut if it must be.

        The document is cut from its end. A prompt that is too long without any document is a BadRow
        `too_long`, one without a single token `empty_prompt`.
        """
        limit = self.context - reserve
        fitted: list[Fitted | BadRow] = []
        for prompt, ids in zip(prompts, self.encode([prompt.text for prompt in prompts]), strict=True):
            if not ids:
                fitted.append(BadRow(EMPTY_PROMPT, "the prompt has no tokens"))
            elif len(ids) <= limit:
                fitted.append(Fitted(prompt.id, prompt.text, ids))
            else:
                fitted.append(self._cut(prompt, len(ids), limit))
        return fitted

    def _cut(self, prompt: Prompt, full_length: int, limit: int) -> Fitted | BadRow:
        best = self._beginning(prompt, 0)
        if len(best.ids) > limit:
            detail = (
                f"the prompt without its document has {len(best.ids)} tokens, and the context of "
                f"{self.context} leaves {max(limit, 0)} after the room for the answer"
            )
            return BadRow(TOO_LONG, detail)
        fits, too_long = 0, len(prompt.document)
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            shorter = self._beginning(prompt, middle)
            if len(shorter.ids) <= limit:
                fits, best = middle, shorter
            else:
                too_long = middle
        return replace(best, cut_tokens=full_length - len(best.ids))

    def _beginning(self, prompt: Prompt, characters: int) -> Fitted:
        text = replace(prompt, document=prompt.document[:characters]).text
        return Fitted(prompt.id, text, self.encode([text])[0])

    def candidates(self, text: str, choices: Sequence[str]) -> list[list[int]]:
        """Token ids of every choice where it follows `text`.

        They are the tokens that `text + choice` has behind those of `text`; where these are no prefix,
        the choice is tokenised alone. Only the end of `text` is looked at.

        Raises:
            ValueError: there are no choices, or one without tokens.
        """
        if not choices:
            raise ValueError("there are no choices to choose from; give at least one")
        end = text[-BOUNDARY:]
        if len(self._boundaries) > MAX_BOUNDARIES:
            self._boundaries.clear()
        missing = [choice for choice in dict.fromkeys(choices) if (end, choice) not in self._boundaries]
        if missing:
            before = self.encode([end])[0]
            together = self.encode([end + choice for choice in missing])
            for choice, ids in zip(missing, together, strict=True):
                self._boundaries[end, choice] = self._continuation(before, ids, choice)
        return [self._boundaries[end, choice] for choice in choices]

    def _continuation(self, before: list[int], together: list[int], choice: str) -> list[int]:
        if len(together) > len(before) and together[: len(before)] == before:
            return together[len(before) :]
        alone: list[int] = self.tokenizer(choice, add_special_tokens=False).input_ids
        if not alone:
            raise ValueError(f"choice {choice!r} has no tokens; give every choice some text")
        return alone


def shared_length(rows: Sequence[Sequence[int]]) -> int:
    """Length of the longest common prefix of `rows`."""
    columns = enumerate(zip(*rows, strict=False))
    return next((i for i, column in columns if len(set(column)) > 1), min(map(len, rows)))
