"""Engines whose language model reads a picture as soft tokens in front of the text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from actors.base import BadRow, row_seed
from actors.models.blip.prompts import EmbeddedPrompt, PromptEmbedder
from actors.models.decoding.candidate_tree import Candidates, CandidateScores, greedy_choice
from actors.models.decoding.rows import Decoded, DecodeRow
from actors.models.decoding.stopping import Stopping
from actors.models.text_generator import (
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
        """What the model writes; each row draws from its own stream."""

    def score(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Candidates], end_tokens: frozenset[int]
    ) -> list[CandidateScores]:
        """Scores of `candidates[i]` after row i."""


@dataclass(frozen=True)
class _Scored:
    """A prompt, its candidates' tokens, and their scores."""

    prompt: EmbeddedPrompt
    candidates: Candidates
    scores: CandidateScores


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
            prompt if isinstance(prompt, BadRow) else _generation(prompt, next(answers), stopping)
            for prompt in read
        ]

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Scores of the choices' own tokens, without an end token."""
        return [
            row
            if isinstance(row, BadRow)
            else Choice(
                row.scores.totals(),
                tuple(map(len, row.candidates)),
                len(row.prompt.embeds),
                row.prompt.fit.cut_tokens,
            )
            for row in self._scored(prompts, choices)
        ]

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """The greedy walk through the choices; `logprob` is what `choose` calls the choice's score."""
        results: list[Generation | BadRow] = []
        for row in self._scored(prompts, choices):
            if isinstance(row, BadRow):
                results.append(row)
                continue
            best = greedy_choice(row.candidates, row.scores)
            counts = (len(row.prompt.embeds), len(row.candidates[best]))
            logprob = row.scores.totals()[best]
            results.append(Generation(choices[best], "stop", *counts, logprob, row.prompt.fit.cut_tokens))
        return results

    def _scored(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[_Scored | BadRow]:
        if not choices:
            raise ValueError("there are no choices to choose from; give at least one")
        read = self._embed(prompts, max(map(len, self._candidates("", choices))))
        good = [prompt for prompt in read if not isinstance(prompt, BadRow)]
        candidates = [self._candidates(prompt.fit.text, choices) for prompt in good]
        scores = self.decoder.score(self._decode_rows(read), candidates, self.end_tokens)
        scored = map(_Scored, good, candidates, scores)
        return [prompt if isinstance(prompt, BadRow) else next(scored) for prompt in read]

    def _candidates(self, text: str, choices: Sequence[str]) -> list[list[int]]:
        """Tokens of every choice behind `text`; an encoder-decoder writes it as a text of its own."""
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


def _generation(prompt: EmbeddedPrompt, result: Decoded, stopping: Stopping) -> Generation:
    counts = (len(prompt.embeds), result.new_tokens)
    text = stopping.text(result.tokens)
    return Generation(text, result.finish_reason, *counts, result.logprob, prompt.fit.cut_tokens)
