"""Engines whose language model reads a picture as soft tokens in front of the text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Protocol

from actors.base import BadRow, row_seed
from actors.models.blip_prompts import EmbeddedPrompt, PromptEmbedder
from actors.models.candidate_paths import answer_ids, best_path, continuation_ids
from actors.models.decode_rows import Decoded, DecodeRow
from actors.models.stopping import Stopping
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, TextGenerator

# Flan-T5's positions are relative and end nowhere; this is four times the length it was trained on.
T5_CONTEXT = 2048


class Decoder(Protocol):
    """A language model that reads vectors; every method answers per row, in order."""

    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """What the model writes; each row draws from its own stream."""

    def token_scores(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Sequence[int]]
    ) -> list[list[list[float]]]:
        """Per candidate the log-probability of each of its tokens behind the row."""


class SoftPromptGenerator(TextGenerator):
    """The base of the BLIP engines, whose constructors fill these attributes.

    `context` is in tokens, `end_token` closes a fixed answer, `end_tokens` end free text.
    """

    tokenizer: Any
    embedder: PromptEmbedder
    decoder: Decoder
    context: int
    end_token: int
    end_tokens: frozenset[int]
    is_seq2seq: bool
    use_images: bool

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """Free text; `prompt_tokens` counts the soft tokens too."""
        # A prompt may fill half of the context before its document is cut; the rest is the answer's.
        read = self._embed(prompts, min(params.max_new_tokens, self.context // 2))
        stopping = Stopping(self.tokenizer, self.end_tokens, params.stop)
        answers = iter(self.decoder.decode(self._decode_rows(read, params.seed), params, stopping))
        results: list[Generation | BadRow] = []
        for prompt in read:
            if isinstance(prompt, BadRow):
                results.append(prompt)
                continue
            answer = next(answers)
            text = stopping.text(answer.tokens)
            written = (answer.finish_reason, len(prompt.embeds), answer.new_tokens, answer.logprob)
            results.append(Generation(text, *written, prompt.cut_tokens))
        return results

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Scores of the choices' own tokens, without an end token."""
        if not prompts:
            return []
        candidates = self._candidates(prompts, choices)
        lengths = tuple(len(candidate) for candidate in candidates)
        results: list[Choice | BadRow] = []
        for prompt, scores in self._scored(prompts, candidates):
            if isinstance(prompt, BadRow):
                results.append(prompt)
                continue
            totals = tuple(sum(score) for score in scores)
            results.append(Choice(totals, lengths, len(prompt.embeds), prompt.cut_tokens))
        return results

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """The choice whose tokens, an end token last, are each the most probable that lead to a choice."""
        if not prompts:
            return []
        paths = [[*candidate, self.end_token] for candidate in self._candidates(prompts, choices)]
        results: list[Generation | BadRow] = []
        for prompt, scores in self._scored(prompts, paths):
            if isinstance(prompt, BadRow):
                results.append(prompt)
                continue
            best = best_path(paths, scores)
            written = (len(prompt.embeds), len(paths[best]), sum(scores[best]), prompt.cut_tokens)
            results.append(Generation(choices[best], "stop", *written))
        return results

    def _scored(
        self, prompts: Sequence[Prompt], candidates: Sequence[Sequence[int]]
    ) -> Iterator[tuple[EmbeddedPrompt | BadRow, list[list[float]]]]:
        """Every prompt with the log-probabilities of each candidate's tokens; none for a bad row."""
        read = self._embed(prompts, max(len(candidate) for candidate in candidates))
        scores = iter(self.decoder.token_scores(self._decode_rows(read), candidates))
        for prompt in read:
            yield prompt, [] if isinstance(prompt, BadRow) else next(scores)

    def _embed(self, prompts: Sequence[Prompt], reserve: int) -> list[EmbeddedPrompt | BadRow]:
        if not self.use_images:
            prompts = [replace(prompt, images=()) for prompt in prompts]
        return self.embedder.embed(prompts, 0 if self.is_seq2seq else reserve)

    def _decode_rows(self, prompts: Sequence[EmbeddedPrompt | BadRow], seed: int = 0) -> list[DecodeRow]:
        return [
            DecodeRow(
                prompt.id,
                row_seed(seed, prompt.id),
                inputs_embeds=prompt.embeds,
                max_new_tokens=None if self.is_seq2seq else self.context - len(prompt.embeds),
            )
            for prompt in prompts
            if not isinstance(prompt, BadRow)
        ]

    def _candidates(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[list[int]]:
        if self.is_seq2seq:
            return answer_ids(choices, self.tokenizer)
        return continuation_ids(prompts[0], choices, self.tokenizer)


__all__ = ["T5_CONTEXT", "Decoder", "SoftPromptGenerator"]
