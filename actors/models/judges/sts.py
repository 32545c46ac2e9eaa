"""Sentence embeddings whose cosine is the similarity of what two texts say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from actors.models.weights.checkpoints import find_checkpoint
from actors.models.weights.length_batches import budget_for, length_batches
from actors.models.weights.packed_linears import PackedLinears
from actors.models.weights.remembered import Remembered

LETTERS_PER_TOKEN = 4  # roughly, in English; only the size of batches depends on it


class StsModel:
    """A sentence-transformers model, from a folder or a hub name; texts past its positions are cut."""

    def __init__(self, name_or_folder: str, *, device: str | None = None) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # workers' bars would run through the pipeline's own
        try:
            self.model: Any = SentenceTransformer(find_checkpoint(name_or_folder), device=device)
        except OSError as error:
            raise ValueError(f"cannot load the STS model {name_or_folder!r}: {error}") from error
        self.token_budget = budget_for(str(self.model.device))
        self.packed = PackedLinears(self.model)
        self.remembered = Remembered(self._embed)

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        """Float32 `[len(texts), width]` of length 1 on the CPU; each distinct text is encoded once."""
        if not texts:
            return torch.zeros(0, self.model.get_embedding_dimension())
        return self.remembered(texts)

    def _embed(self, distinct: list[str]) -> torch.Tensor:
        longest = self.model.max_seq_length or len(max(distinct, key=len))
        lengths = [min(longest, len(text) // LETTERS_PER_TOKEN + 2) for text in distinct]
        vectors = torch.zeros(len(distinct), self.model.get_embedding_dimension())
        for group in length_batches(lengths, token_budget=self.token_budget):
            with self.packed:
                embedded: torch.Tensor = self.model.encode(
                    [distinct[i] for i in group],
                    batch_size=len(group),
                    convert_to_tensor=True,
                    normalize_embeddings=True,
                    show_progress_bar=False,
                )
            vectors[group] = embedded.float().cpu()
        return vectors
