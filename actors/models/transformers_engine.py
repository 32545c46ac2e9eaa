"""Decoder-only models through transformers: free text, ranking, constrained answers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache

from actors.base import BadRow, row_seed
from actors.models.candidate_paths import best_path, continuation_ids
from actors.models.checkpoints import load_checkpoint
from actors.models.decode_rows import DecodeRow
from actors.models.decoding import decode
from actors.models.prefill import Reader, shared_prefix
from actors.models.prompt_tokens import PromptTokens, fit_prompt
from actors.models.stopping import Stopping, end_tokens
from actors.models.text_generator import Choice, Generation, GenerationParams, Prompt, TextGenerator


class TransformersGenerator(TextGenerator):
    """A Hugging Face decoder-only model behind our own decoding loop."""

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
        loaded = load_checkpoint(
            checkpoint, dtype=dtype, device=device, rope_factor=rope_factor, max_context=max_context
        )
        self.model, self.tokenizer, self.context = loaded.model, loaded.tokenizer, loaded.context
        self.batch_invariant = self.model.dtype == torch.float32
        self.token_budget = token_budget
        self.max_batch = max_batch or (32 if self.model.device.type == "cuda" else 16)
        self.end_tokens = end_tokens(self.model.generation_config, self.tokenizer)

    def generate(self, prompts: Sequence[Prompt], params: GenerationParams) -> list[Generation | BadRow]:
        limit = self.context - min(params.max_new_tokens, self.context // 4)
        read = [self._fit(prompt, limit) for prompt in prompts]
        rows = [
            DecodeRow(
                prompt.id, row_seed(params.seed, prompt.id), fitted.ids, None, self.context - len(fitted.ids)
            )
            for prompt, fitted in zip(prompts, read, strict=True)
            if isinstance(fitted, PromptTokens)
        ]
        stopping = Stopping(self.tokenizer, self.end_tokens, params.stop)
        limits = {"token_budget": self.token_budget, "max_batch": self.max_batch}
        answers = iter(decode(self.model, rows, params, stopping=stopping, **limits))
        results: list[Generation | BadRow] = []
        for fitted in read:
            if isinstance(fitted, BadRow):
                results.append(fitted)
                continue
            answer = next(answers)
            written = (answer.finish_reason, len(fitted.ids), answer.new_tokens, answer.logprob)
            results.append(Generation(stopping.text(answer.tokens), *written, fitted.cut_tokens))
        return results

    def choose(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Choice | BadRow]:
        results: list[Choice | BadRow] = []
        for fitted, scores in self._scored(prompts, choices, end=False):
            if isinstance(fitted, BadRow):
                results.append(fitted)
                continue
            sums = tuple(sum(line) for line in scores)
            counts = tuple(len(line) for line in scores)
            results.append(Choice(sums, counts, len(fitted.ids), fitted.cut_tokens))
        return results

    def constrain(self, prompts: Sequence[Prompt], choices: Sequence[str]) -> list[Generation | BadRow]:
        paths = continuation_ids(prompts[0], choices, self.tokenizer) if prompts else []
        ended = [[*path, min(self.end_tokens)] for path in paths]
        results: list[Generation | BadRow] = []
        for fitted, scores in self._scored(prompts, choices, end=True):
            if isinstance(fitted, BadRow):
                results.append(fitted)
                continue
            best = best_path(ended, scores)
            written = ("stop", len(fitted.ids), len(paths[best]), sum(scores[best][:-1]))
            results.append(Generation(choices[best], *written, fitted.cut_tokens))
        return results

    def _fit(self, prompt: Prompt, limit: int) -> PromptTokens | BadRow:
        try:
            return fit_prompt(prompt, self.tokenizer, limit)
        except BadRow as bad:
            return bad

    @torch.inference_mode()
    def _scored(
        self, prompts: Sequence[Prompt], choices: Sequence[str], *, end: bool
    ) -> list[tuple[PromptTokens | BadRow, list[list[float]]]]:
        if not prompts:
            return []
        paths = continuation_ids(prompts[0], choices, self.tokenizer)
        paths = [[*path, min(self.end_tokens)] for path in paths] if end else paths
        limit = self.context - max(len(path) for path in paths)
        read = [self._fit(prompt, limit) for prompt in prompts]
        rows = {
            i: DecodeRow("", 0, fitted.ids)
            for i, fitted in enumerate(read)
            if isinstance(fitted, PromptTokens)
        }
        targets = pad_sequence([torch.tensor(path) for path in paths], batch_first=True).to(self.model.device)
        reader = Reader(self.model, shared_prefix(list(rows.values())))
        order = sorted(rows, key=lambda i: -rows[i].length)
        scores: dict[int, list[list[float]]] = {}
        while order:
            size = max(1, min(self.max_batch, self.token_budget // rows[order[0]].length))
            chosen, order = order[:size], order[size:]
            layers = reader.read([rows[i] for i in chosen])
            for place, i in enumerate(chosen):
                before = rows[i].length - 1
                cache = DynamicCache()
                for index, (keys, values) in enumerate(layers if before else ()):
                    cut = [part[place, :, :before].expand(len(paths), -1, -1, -1) for part in (keys, values)]
                    cache.update(*cut, index)
                last = torch.full((len(paths), 1), rows[i].ids[-1], device=targets.device)
                logits = reader.forward(
                    input_ids=torch.cat([last, targets[:, :-1]], dim=1),
                    position_ids=torch.arange(before, before + targets.shape[1], device=targets.device)[None],
                    past_key_values=cache,
                    logits_to_keep=targets.shape[1],
                )
                log_probs = logits.float().log_softmax(-1).gather(2, targets[:, :, None])[:, :, 0].tolist()
                scores[i] = [line[: len(path)] for line, path in zip(log_probs, paths, strict=True)]
        return [(fitted, scores.get(i, [])) for i, fitted in enumerate(read)]
