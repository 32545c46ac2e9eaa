"""Sequence classification of text pairs: each distinct pair once, in batches of like length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from actors.models.weights.length_batches import budget_for, length_batches
from actors.models.weights.packed_linears import PackedLinears
from actors.models.weights.remembered import Remembered

NO_LIMIT = 100_000  # tokenizers write 1e30 where they know no limit


class PairClassifier:
    """A Hugging Face classifier with its tokenizer; pairs past its positions are cut, longer text first."""

    def __init__(self, model: Any, tokenizer: Any) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.token_budget = budget_for(str(model.device))
        self.packed = PackedLinears(self.model)
        self.remembered = Remembered(self._logits)
        limits = (tokenizer.model_max_length, getattr(model.config, "max_position_embeddings", None))
        self.max_tokens = min((limit for limit in limits if limit and limit < NO_LIMIT), default=None)

    @torch.inference_mode()
    def logits(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """Float32 `[len(pairs), labels]` on the CPU, in the order of `pairs`."""
        return self.remembered(pairs) if pairs else torch.zeros(0, self.model.config.num_labels)

    def _logits(self, distinct: list[tuple[str, str]]) -> torch.Tensor:
        encoded = self.tokenizer(
            [first for first, _ in distinct],
            [second for _, second in distinct],
            truncation=self.max_tokens is not None,
            max_length=self.max_tokens,
        )
        rows = [{name: cells[i] for name, cells in encoded.items()} for i in range(len(distinct))]
        logits = torch.zeros(len(distinct), self.model.config.num_labels)
        lengths = [len(row["input_ids"]) for row in rows]
        for group in length_batches(lengths, token_budget=self.token_budget):
            batch = self.tokenizer.pad([rows[i] for i in group], padding_side="right", return_tensors="pt")
            with self.packed:
                logits[group] = self.model(**batch.to(self.model.device)).logits.float().cpu()
        return logits
