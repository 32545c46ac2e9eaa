"""Answers of a decoder-only language model to prompts given as embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import DynamicCache

from actors.models.decode_rows import Decoded, DecodeRow
from actors.models.decoding import decode
from actors.models.prefill import Reader
from actors.models.slot_cache import KeysAndValues
from actors.models.stopping import Stopping
from actors.models.text_generator import GenerationParams


class EmbeddedCausal:
    """`token_budget` bounds the padded prompt tokens of a batch, `max_batch` its rows."""

    def __init__(self, model: Any, *, token_budget: int, max_batch: int) -> None:
        self.model = model
        self.token_budget = token_budget
        self.max_batch = max_batch

    def decode(
        self, rows: Sequence[DecodeRow], params: GenerationParams, stopping: Stopping
    ) -> list[Decoded]:
        """What the model writes for every row; each draws from its own stream."""
        return decode(
            self.model,
            rows,
            params,
            stopping=stopping,
            token_budget=self.token_budget,
            max_batch=self.max_batch,
        )

    @torch.inference_mode()
    def token_scores(
        self, rows: Sequence[DecodeRow], candidates: Sequence[Sequence[int]]
    ) -> list[list[list[float]]]:
        """Per row and candidate the log-probability of each of its tokens; each prompt read once."""
        scores: list[list[list[float]]] = [[] for _ in rows]
        reader = Reader(self.model)
        targets = pad_sequence([torch.tensor(list(ids)) for ids in candidates], batch_first=True)
        targets = targets.to(self.model.device)
        inputs = self.model.get_input_embeddings()(targets[:, :-1])
        order = sorted(range(len(rows)), key=lambda row: -rows[row].length)
        while order:
            size = max(1, min(self.max_batch, self.token_budget // rows[order[0]].length))
            chosen, order = order[:size], order[size:]
            prompts = reader.read([rows[row] for row in chosen])
            for place, row in enumerate(chosen):
                last = rows[row].embeds[-1].to(inputs).expand(len(candidates), 1, -1)
                before = rows[row].length - 1
                logits = reader.forward(
                    inputs_embeds=torch.cat([last, inputs], dim=1),
                    position_ids=torch.arange(before, before + targets.shape[1], device=targets.device)[None],
                    past_key_values=_repeated(prompts, place, before, len(candidates)),
                    logits_to_keep=targets.shape[1],
                )
                log_probs = logits.float().log_softmax(-1).gather(2, targets[:, :, None])[:, :, 0].tolist()
                scores[row] = [line[: len(ids)] for line, ids in zip(log_probs, candidates, strict=True)]
        return scores


def _repeated(layers: Sequence[KeysAndValues], row: int, length: int, times: int) -> DynamicCache:
    """One row's part of the prompts' cache, without its padding, for `times` continuations."""
    cache = DynamicCache()
    for index, layer in enumerate(layers if length else ()):
        keys, values = (part[row, :, :length].expand(times, -1, -1, -1) for part in layer)
        cache.update(keys, values, index)
    return cache


__all__ = ["EmbeddedCausal"]
