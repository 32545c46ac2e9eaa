"""From a row to the tokens a model trains on: ids, what is predicted, and pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from actors.base import BadRow, Reason
from actors.models.text_generator import TOO_LONG, TOO_MANY_IMAGES
from actors.prompts.rewriting import HUMAN, PICTURE
from trainers.loop.settings import OverLong
from trainers.loop.trainee import Example

EMPTY_TARGET = Reason("empty_target", "there is no text to learn")
MEDIA_MISMATCH = Reason("media_mismatch", "the places for pictures in the text do not fit the pictures")
CONTROL_TOKEN = Reason("control_token", "the text spells a token that begins or ends a sequence")

Prompt = Callable[[str, str], str]


@dataclass(frozen=True)
class HuggingFaceTokens:
    """A Hugging Face tokenizer whose vocabulary holds the media token, and the ids of many texts at once."""

    tokenizer: Any
    bos: int
    eos: int
    media: int

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenizer(list(texts), add_special_tokens=False)["input_ids"]


@dataclass(frozen=True)
class RewritingRow:
    """A training row of the rewriter: the draft in the prompt and the text to write."""

    id: str
    instruction: str
    draft: str
    target: str
    images: tuple[str, ...]


@dataclass(frozen=True)
class Limits:
    """Most tokens and pictures of a sequence, and whether longer ones are dropped or shortened."""

    context: int
    max_images: int | None = None
    over_long: OverLong = "drop"


@dataclass(frozen=True)
class Encoder:
    """Turns rows into examples; the loss covers the target and the end token alone."""

    tokens: HuggingFaceTokens
    prompt: Prompt
    limits: Limits

    def encode(self, rows: Sequence[RewritingRow]) -> list[tuple[Example, int] | BadRow]:
        """Per row the example and how many earlier turns were left out, or why the row is not used."""
        prompts = self.tokens.encode([self.prompt(row.instruction, row.draft) for row in rows])
        answers = self.tokens.encode([row.target for row in rows])
        return [self._one(*parts) for parts in zip(rows, prompts, answers, strict=True)]

    def _one(self, row: RewritingRow, prompt: list[int], answer: list[int]) -> tuple[Example, int] | BadRow:
        broken = self._broken(row, prompt, answer)
        if broken is not None:
            return broken
        shortened = 0
        while (length := len(prompt) + len(answer) + 2) > self.limits.context:
            # Sources inline earlier turns into an instruction with the prompt's own turn marks.
            first, separator, rest = row.instruction.partition(HUMAN)
            if not separator or self.limits.over_long != "shorten_history":
                return BadRow(TOO_LONG, f"{length} tokens, the context has {self.limits.context}")
            shown = row.images[first.count(PICTURE) :]
            row, shortened = replace(row, instruction=rest, images=shown), shortened + 1
            prompt = self.tokens.encode([self.prompt(row.instruction, row.draft)])[0]
        ids = (self.tokens.bos, *prompt, *answer, self.tokens.eos)
        return Example(row.id, ids, ((len(prompt) + 1, len(ids)),), row.images), shortened

    def _broken(self, row: RewritingRow, prompt: list[int], answer: list[int]) -> BadRow | None:
        if not row.target.strip():
            return BadRow(EMPTY_TARGET, "there is no text to learn")
        limit, shown = self.limits.max_images, len(row.images)
        if limit is not None and shown > limit:
            return BadRow(TOO_MANY_IMAGES, f"{shown} pictures, the limit is {limit}")
        places = prompt.count(self.tokens.media) + answer.count(self.tokens.media)
        if places != shown or self.tokens.media in answer:
            return BadRow(MEDIA_MISMATCH, f"{places} places for pictures in the text, {shown} pictures")
        if {self.tokens.bos, self.tokens.eos} & {*prompt, *answer}:
            return BadRow(CONTROL_TOKEN, "the text spells a token that begins or ends a sequence")
        return None
