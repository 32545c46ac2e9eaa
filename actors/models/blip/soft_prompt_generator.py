"""Engines whose language model reads a picture as soft tokens in front of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch

from actors.base import BadRow, row_seed
from actors.models.decoding.candidate_tree import Candidates, CandidateScores, ScoredPrompt
from actors.models.decoding.rows import Decoded, DecodeRow, Stopping
from actors.models.decoding.tokens import Fitted, PromptTokens
from actors.models.text_generator import (
    TOO_MANY_IMAGES,
    UNKNOWN_TOKEN,
    Choice,
    Generation,
    GenerationParams,
    Prompt,
    TextGenerator,
    check_params,
    refuse_ngrams,
)

# Flan-T5's positions are relative and end nowhere; this is four times the length it was trained on.
T5_CONTEXT = 2048


class Decoder(Protocol):
    """A language model that reads vectors; every method answers per row, in order."""

    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """New tokens per row, each row sampled from its own random stream."""

    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        """Scores of `candidates[i]` after row i."""


class SoftPromptGenerator(TextGenerator):
    """The base of the BLIP engines, whose constructors fill these attributes.

    `context` is in tokens.
    """

    tokenizer: Any
    embedder: PromptEmbedder
    decoder: Decoder
    context: int
    end_tokens: frozenset[int]
    is_seq2seq: bool
    use_images: bool

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """Free text; `prompt_tokens` counts the soft tokens too.

        At least `max_new_tokens` or a quarter of the context, whichever is less, stays free for the
        answer; a prompt that leaves less than `max_new_tokens` shortens its row's answer.
        """
        check_params(params)
        refuse_ngrams(params, "InstructBLIP")
        read = self._embed(prompts, min(params.max_new_tokens, self.context // 4))
        stopping = Stopping(self.tokenizer, self.end_tokens, params.stop)
        answers = iter(self.decoder.decode(self._decode_rows(read, params.seed), params, stopping))
        return [
            prompt
            if isinstance(prompt, BadRow)
            else next(answers).generation(prompt.fit, stopping, len(prompt.embeds))
            for prompt in read
        ]

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Scores of the choices' own tokens, without an end token."""
        scored = self._scored(prompts, choices)
        return [row if isinstance(row, BadRow) else row.choice() for row in scored]

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """The choice that greedy decoding limited to `choices` spells; `logprob` is its score in `choose`."""
        scored = self._scored(prompts, choices)
        return [row if isinstance(row, BadRow) else row.greedy(choices) for row in scored]

    def _scored(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[ScoredPrompt | BadRow]:
        read = self._embed(prompts, max(map(len, self._candidates("", choices))))
        good = [prompt for prompt in read if not isinstance(prompt, BadRow)]
        candidates = [self._candidates(prompt.fit.text, choices) for prompt in good]
        scores = self.decoder.score(self._decode_rows(read), candidates, self.end_tokens)
        lengths = [len(prompt.embeds) for prompt in good]
        scored = map(ScoredPrompt, [prompt.fit for prompt in good], lengths, candidates, scores)
        return [prompt if isinstance(prompt, BadRow) else next(scored) for prompt in read]

    def _candidates(self, text: str, choices: Sequence[str]) -> list[list[int]]:
        """Tokens of every choice behind `text`; for an encoder-decoder, tokens of the choice alone."""
        if self.is_seq2seq:
            return self.embedder.tokens.candidates("", [choice.strip() for choice in choices])
        return self.embedder.tokens.candidates(text, choices)

    def _embed(self, prompts: Sequence[Prompt], reserve: int) -> list[EmbeddedPrompt | BadRow]:
        if not self.use_images:
            prompts = [replace(prompt, images=()) for prompt in prompts]
        return self.embedder.embed(prompts, 0 if self.is_seq2seq else reserve)

    def _decode_rows(self, prompts: Sequence[EmbeddedPrompt | BadRow], seed: int = 0) -> list[DecodeRow]:
        return [
            DecodeRow(
                prompt.fit.id,
                row_seed(seed, prompt.fit.id),
                inputs_embeds=prompt.embeds,
                max_new_tokens=None if self.is_seq2seq else self.context - len(prompt.embeds),
            )
            for prompt in prompts
            if not isinstance(prompt, BadRow)
        ]


@dataclass(frozen=True)
class EmbeddedPrompt:
    """`embeds` `[tokens, width]`: soft tokens, if any, and the text that `fit` holds."""

    fit: Fitted
    embeds: torch.Tensor


class PictureEncoder(Protocol):
    def encode(self, pictures: Sequence[bytes], texts: Sequence[str]) -> list[torch.Tensor | BadRow]:
        """Per row soft tokens `[queries, width of the language model]`, or a BadRow (unreadable picture)."""


class PromptEmbedder:
    """Turns prompts into input vectors; soft tokens and text together have at most `context` tokens."""

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
            (row, result, prompt.images[0], self._instruction(prompt, result.fit.text))
            for row, (prompt, result) in enumerate(zip(prompts, results, strict=True))
            if prompt.images and isinstance(result, EmbeddedPrompt)
        ]
        pictures, texts = [picture for *_, picture, _ in seeing], [text for *_, text in seeing]
        soft = self.soft_tokens.encode(pictures, texts)
        for (row, read, *_), tokens in zip(seeing, soft, strict=True):
            if isinstance(tokens, BadRow):
                results[row] = tokens
            else:
                results[row] = replace(read, embeds=torch.cat([tokens.to(read.embeds), read.embeds]))
        return results

    def _fit(self, prompts: Sequence[Prompt], reserve: int) -> list[Fitted | BadRow]:
        fit, queries = self.tokens.fit, self.queries
        seeing = iter(fit([prompt for prompt in prompts if prompt.images], reserve + queries))
        blind = iter(fit([prompt for prompt in prompts if not prompt.images], reserve))
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
        """The Q-Former's input: the text without the language model's special tokens (<s>, </s>)."""
        before, after = prompt.before, prompt.after
        middle = text[len(before) : len(text) - len(after)]
        for token in self.tokenizer.all_special_tokens:
            before, after = before.replace(token, ""), after.replace(token, "")
        return f"{before}{middle}{after}".strip()
