"""Prompts as the embeddings that a BLIP's language model reads: soft tokens, then the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch

from actors.base import BadRow
from actors.models.decoding.tokens import Fitted, PromptTokens
from actors.models.text_generator import TOO_MANY_IMAGES, UNKNOWN_TOKEN, Prompt


@dataclass(frozen=True)
class EmbeddedPrompt:
    """`embeds` `[tokens, width]`: soft tokens, if any, and the text that `fit` holds."""

    fit: Fitted
    embeds: torch.Tensor


class PictureEncoder(Protocol):
    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        """For every row `[queries, width of the language model]`, or why its picture cannot be read."""


class PromptEmbedder:
    """`context` bounds soft tokens and text together."""

    def __init__(self, model: Any, tokenizer: Any, soft_tokens: PictureEncoder, *, context: int) -> None:
        self.tokenizer = tokenizer
        self.tokens = PromptTokens(tokenizer, context)
        self.soft_tokens = soft_tokens
        self.queries = int(model.query_tokens.shape[1])
        self.vocabulary = model.language_model.get_input_embeddings()

    @torch.inference_mode()
    def embed(self, prompts: Sequence[Prompt], reserve: int) -> list[EmbeddedPrompt | BadRow]:
        """Every prompt with its picture in front and `reserve` tokens of the context left for the answer.

        A prompt without picture is its text alone, as the language model reads it by itself.
        """
        results: list[EmbeddedPrompt | BadRow] = [
            fit if isinstance(fit, BadRow) else self._embed_text(fit) for fit in self._fit(prompts, reserve)
        ]
        seeing = [
            (row, prompt.images[0], self._instruction(prompt, result.fit.text))
            for row, (prompt, result) in enumerate(zip(prompts, results, strict=True))
            if prompt.images and isinstance(result, EmbeddedPrompt)
        ]
        soft = self.soft_tokens.encode([picture for _, picture, _ in seeing], [text for *_, text in seeing])
        for (row, _, _), tokens in zip(seeing, soft, strict=True):
            results[row] = _put_in_front(tokens, results[row])
        return results

    def _fit(self, prompts: Sequence[Prompt], reserve: int) -> list[Fitted | BadRow]:
        seeing = iter(
            self.tokens.fit([prompt for prompt in prompts if prompt.images], reserve + self.queries)
        )
        blind = iter(self.tokens.fit([prompt for prompt in prompts if not prompt.images], reserve))
        fitted = [next(seeing if prompt.images else blind) for prompt in prompts]
        return [
            BadRow(TOO_MANY_IMAGES, f"the model takes one picture, the row has {len(prompt.images)}")
            if len(prompt.images) > 1
            else fit
            for prompt, fit in zip(prompts, fitted, strict=True)
        ]

    def _embed_text(self, fit: Fitted) -> EmbeddedPrompt | BadRow:
        if max(fit.ids) >= self.vocabulary.num_embeddings:
            return BadRow(
                UNKNOWN_TOKEN, "the text holds a token that the language model has no embedding for"
            )
        ids = torch.tensor(fit.ids, device=self.vocabulary.weight.device)
        return EmbeddedPrompt(fit, self.vocabulary(ids))

    def _instruction(self, prompt: Prompt, text: str) -> str:
        """What a Q-Former reads: the text without <s> and </s>, which mean nothing to it."""
        before, after = prompt.before, prompt.after
        middle = text[len(before) : len(text) - len(after)]
        for token in self.tokenizer.all_special_tokens:
            before, after = before.replace(token, ""), after.replace(token, "")
        return f"{before}{middle}{after}".strip()


def _put_in_front(soft: torch.Tensor | BadRow, prompt: EmbeddedPrompt | BadRow) -> EmbeddedPrompt | BadRow:
    if isinstance(soft, BadRow) or isinstance(prompt, BadRow):
        return soft if isinstance(soft, BadRow) else prompt
    return replace(prompt, embeds=torch.cat([soft.to(prompt.embeds), prompt.embeds]))
