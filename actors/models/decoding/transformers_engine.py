"""Text from any decoder-only Hugging Face model, on our own decoding loop."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Any

import torch

from actors.base import row_seed
from actors.models.decoding.candidate_tree import ScoredPrompt
from actors.models.decoding.grouped_attention import share_keys
from actors.models.decoding.loop import decode
from actors.models.decoding.ranking import score_candidates
from actors.models.decoding.rows import DecodeRow, Stopping, end_tokens
from actors.models.decoding.tokens import Fitted, PromptTokens
from actors.models.text_generator import (
    BadRow,
    Choice,
    Generation,
    GenerationParams,
    Prompt,
    TextGenerator,
    check_params,
)
from actors.models.weights.checkpoints import load_checkpoint
from actors.models.weights.packed_linears import PackedLinears

logger = logging.getLogger(__name__)

DEFAULT_BATCH = 32  # with 16, reading the weights takes a larger part of each step: a quarter slower on a CPU


class TransformersGenerator(TextGenerator):
    """A loaded model. In float32 a row's output does not depend on its batch; in bfloat16 it may.

    Prompts are read as `PromptTokens` says. Of the checkpoint's generation settings only the end tokens
    count; everything else comes from the parameters of the call. `token_budget` bounds rows x longest
    prompt of a model batch, `max_batch` its rows (None = 32).

    Raises:
        ValueError: the checkpoint cannot be loaded, with the next step.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        dtype: str = "auto",
        device: str = "auto",
        token_budget: int = 8192,
        max_batch: int | None = None,
        rope_factor: float | None = None,
        max_context: int | None = None,
    ) -> None:
        started = time.monotonic()
        loaded = load_checkpoint(
            checkpoint, dtype=dtype, device=device, rope_factor=rope_factor, max_context=max_context
        )
        self.model, self.tokenizer, self.context = loaded.model, loaded.tokenizer, loaded.context
        share_keys(self.model)
        self.packed = PackedLinears(self.model)
        self.tokens = PromptTokens(self.tokenizer, self.context)
        self.end_tokens = end_tokens(self.model.generation_config, self.tokenizer)
        self.limits: dict[str, Any] = {"token_budget": token_budget, "max_batch": max_batch or DEFAULT_BATCH}
        self.batch_invariant = self.model.dtype == torch.float32
        seconds = time.monotonic() - started
        logger.info("loaded %s in %.1f s: %s on %s", checkpoint, seconds, self.model.dtype, self.model.device)

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        """Free text after every prompt, special tokens left out.

        At least `max_new_tokens` or a quarter of the context, whichever is less, stays free for the
        answer; a prompt that leaves less than `max_new_tokens` shortens its row's answer.
        """
        check_params(params)
        stopping = Stopping(self.tokenizer, self.end_tokens, params.stop)
        fitted = self.tokens.fit(prompts, min(params.max_new_tokens, self.context // 4))
        with self.packed:
            rows = self._rows(fitted, params.seed)
            decoded = iter(decode(self.model, rows, params, stopping=stopping, **self.limits))
        return [
            fit if isinstance(fit, BadRow) else next(decoded).generation(fit, stopping, len(fit.ids))
            for fit in fitted
        ]

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        """Scores without any end token, from one reading of each prompt; `PromptTokens.candidates` says
        how a choice is cut into tokens where it meets the prompt."""
        scored = self._scored(prompts, choices)
        return [row if isinstance(row, BadRow) else row.choice() for row in scored]

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        """The choice that greedy decoding limited to `choices` spells. `logprob` is its score in `choose`:
        the model's own for the choice's tokens, not renormalised over `choices`, without the end token."""
        scored = self._scored(prompts, choices)
        return [row if isinstance(row, BadRow) else row.greedy(choices) for row in scored]

    def _scored(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[ScoredPrompt | BadRow]:
        longest = max(map(len, self.tokens.candidates("", choices)))
        fitted = self.tokens.fit(prompts, longest)
        good = [fit for fit in fitted if isinstance(fit, Fitted)]
        candidates = [self.tokens.candidates(fit.text, choices) for fit in good]
        with self.packed:
            scores = score_candidates(
                self.model, self._rows(fitted), candidates, end_tokens=self.end_tokens, **self.limits
            )
        scored = map(ScoredPrompt, good, [len(fit.ids) for fit in good], candidates, scores)
        return [fit if isinstance(fit, BadRow) else next(scored) for fit in fitted]

    def _rows(self, fitted: Sequence[Fitted | BadRow], seed: int = 0) -> list[DecodeRow]:
        return [
            DecodeRow(fit.id, row_seed(seed, fit.id), fit.ids, max_new_tokens=self.context - len(fit.ids))
            for fit in fitted
            if isinstance(fit, Fitted)
        ]
