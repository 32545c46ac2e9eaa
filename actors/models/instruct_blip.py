"""InstructBLIP: a picture and an instruction in, text out (paper A §3.1, Figure 1)."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoTokenizer, InstructBlipForConditionalGeneration

from actors.base import BadRow, row_seed
from actors.models.blip_prompts import EmbeddedPrompt, PromptEmbedder
from actors.models.candidate_paths import answer_ids, best_path, continuation_ids
from actors.models.checkpoints import DTYPES, find_checkpoint
from actors.models.embedded_causal import EmbeddedCausal
from actors.models.prefill import DecodeRow
from actors.models.seq2seq import Seq2SeqDecoder
from actors.models.soft_tokens import SoftTokens
from actors.models.stopping import Stopping, end_tokens
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, TextGenerator

# Flan-T5's positions are relative and end nowhere; this is four times the length it was trained on.
T5_CONTEXT = 2048


class InstructBlipGenerator(TextGenerator):
    """InstructBLIP over a Llama (Vicuna v1.1) or a Flan-T5, through transformers.

    The picture, resized to 224 x 224 (paper A's "224x244" is a misprint), becomes 256 patches and CLS =
    257 tokens of EVA-CLIP ViT-g/14 (paper A's "ViT-G/14"). The Q-Former reads them together with the
    instruction (its last 128 tokens) and gives 32 x 768 values, which a linear layer takes to the
    language model's width; these soft tokens stand before the prompt. The prompt is raw, also for the
    Vicuna inside. With `use_images=False`, or for a prompt without picture, there are no soft tokens
    and everything else stays the same: paper A's unimodal run.

    Bad rows: `unreadable_image`, `image_too_large`, `too_many_images`, `prompt_too_long`,
    `unknown_token`.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        dtype: str = "auto",
        device: str = "auto",
        token_budget: int = 8192,
        max_batch: int | None = None,
        use_images: bool = True,
    ) -> None:
        place = torch.device(("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device)
        on_gpu = place.type == "cuda"
        kind = (torch.bfloat16 if on_gpu else torch.float32) if dtype == "auto" else DTYPES[dtype]
        model, self.tokenizer, qformer_tokenizer = _load(checkpoint, kind)
        model = model.to(place).eval()
        self.model = model
        self.use_images = use_images
        self.batch_invariant = kind == torch.float32
        self.is_seq2seq = not model.config.use_decoder_only_language_model
        limits = {"token_budget": token_budget, "max_batch": max_batch or (32 if on_gpu else 16)}
        decoder = Seq2SeqDecoder if self.is_seq2seq else EmbeddedCausal
        self.decoder = decoder(model.language_model, **limits)
        self.context = T5_CONTEXT if self.is_seq2seq else model.config.text_config.max_position_embeddings
        soft_tokens = SoftTokens(model, qformer_tokenizer)
        self.embedder = PromptEmbedder(model, self.tokenizer, soft_tokens, context=self.context)
        self.end_tokens = end_tokens(model.language_model.generation_config, self.tokenizer)

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
        end = int(self.tokenizer.eos_token_id)
        paths = [[*candidate, end] for candidate in self._candidates(prompts, choices)]
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


def _load(checkpoint: str, dtype: torch.dtype) -> tuple[Any, Any, Any]:
    """Model, tokenizer and the Q-Former's tokenizer of a folder or a hub name."""
    source = find_checkpoint(checkpoint)
    try:
        model = InstructBlipForConditionalGeneration.from_pretrained(
            source, dtype=dtype, trust_remote_code=False, weights_only=True
        )
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
        qformer = AutoTokenizer.from_pretrained(
            source, subfolder="qformer_tokenizer", trust_remote_code=False
        )
    except (OSError, SafetensorError, pickle.UnpicklingError) as error:
        raise ValueError(f"cannot load {checkpoint!r}: {str(error).strip()}") from error
    return model, tokenizer, qformer


__all__ = ["InstructBlipGenerator"]
