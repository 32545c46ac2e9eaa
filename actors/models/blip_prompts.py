"""Prompts as the embeddings that a BLIP's language model reads: soft tokens, then the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch

from actors.base import BadRow
from actors.models.prompt_tokens import fit_prompt
from actors.models.text_generator import Prompt


@dataclass(frozen=True)
class EmbeddedPrompt:
    """`embeds` `[tokens, width]`; `text` is what the Q-Former reads, the document's cut already made."""

    id: str
    embeds: torch.Tensor
    text: str
    cut_tokens: int


class PictureEncoder(Protocol):
    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        """For every row `[queries, width of the language model]`, or why its picture cannot be read."""


class PromptEmbedder:
    """`context` bounds soft tokens and text together; with `use_images=False` pictures are ignored."""

    def __init__(self, model: Any, tokenizer: Any, soft_tokens: PictureEncoder, *, context: int) -> None:
        self.tokenizer = tokenizer
        self.soft_tokens = soft_tokens
        self.context = context
        self.queries = int(model.query_tokens.shape[1])
        self.vocabulary = model.language_model.get_input_embeddings()

    @torch.inference_mode()
    def embed(self, prompts: Sequence[Prompt], reserve: int) -> list[EmbeddedPrompt | BadRow]:
        """Every prompt with its picture in front and `reserve` tokens of the context left for the answer.

        A prompt without picture is its text alone, as the language model reads it by itself.
        """
        results = [self._text_or_bad(prompt, reserve) for prompt in prompts]
        seeing = [
            (row, prompt.images[0], result.text)
            for row, (prompt, result) in enumerate(zip(prompts, results, strict=True))
            if prompt.images and isinstance(result, EmbeddedPrompt)
        ]
        soft = self.soft_tokens.encode([picture for _, picture, _ in seeing], [text for *_, text in seeing])
        for (row, _, _), tokens in zip(seeing, soft, strict=True):
            results[row] = _put_in_front(tokens, results[row])
        return results

    def _text_or_bad(self, prompt: Prompt, reserve: int) -> EmbeddedPrompt | BadRow:
        if len(prompt.images) > 1:
            return BadRow("too_many_images", f"the model takes one picture, the row has {len(prompt.images)}")
        room = self.context - reserve - (self.queries if prompt.images else 0)
        try:
            fitted = fit_prompt(prompt, self.tokenizer, room)
        except BadRow as bad:
            return bad
        if max(fitted.ids, default=0) >= self.vocabulary.num_embeddings:
            return BadRow(
                "unknown_token", "the text holds a token that the language model has no embedding for"
            )
        ids = torch.tensor(fitted.ids, device=self.vocabulary.weight.device)
        text = self._without_special_tokens(prompt, fitted.text)
        return EmbeddedPrompt(prompt.id, self.vocabulary(ids), text, fitted.cut_tokens)

    def _without_special_tokens(self, prompt: Prompt, text: str) -> str:
        """The text without the language model's <s> and </s>, which mean nothing to the Q-Former."""
        before, after = prompt.before, prompt.after
        middle = text[len(before) : len(text) - len(after)]
        for token in self.tokenizer.all_special_tokens:
            before, after = before.replace(token, ""), after.replace(token, "")
        return f"{before}{middle}{after}".strip()


def _put_in_front(soft: torch.Tensor | BadRow, prompt: EmbeddedPrompt | BadRow) -> EmbeddedPrompt | BadRow:
    if isinstance(soft, BadRow) or isinstance(prompt, BadRow):
        return soft if isinstance(soft, BadRow) else prompt
    return replace(prompt, embeds=torch.cat([soft.to(prompt.embeds), prompt.embeds]))


__all__ = ["EmbeddedPrompt", "PictureEncoder", "PromptEmbedder"]
