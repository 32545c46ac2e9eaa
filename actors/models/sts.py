"""Sentence embeddings whose cosine is the similarity of what two texts say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from actors.models.checkpoints import find_checkpoint

TEXTS_PER_BATCH = 64


class StsModel:
    """A sentence-transformers model, from a folder or a hub name; texts past its positions are cut."""

    def __init__(
        self, name_or_folder: str, *, device: str | None = None, texts_per_batch: int = TEXTS_PER_BATCH
    ) -> None:
        from sentence_transformers import SentenceTransformer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # workers' bars would run through the pipeline's own
        try:
            self.model: Any = SentenceTransformer(find_checkpoint(name_or_folder), device=device)
        except OSError as error:
            raise ValueError(f"cannot load the STS model {name_or_folder!r}: {error}") from error
        self.texts_per_batch = texts_per_batch

    @torch.inference_mode()
    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        """Float32 `[len(texts), width]` of length 1 on the CPU; each distinct text is encoded once."""
        distinct = list(dict.fromkeys(texts))
        if not distinct:
            return torch.zeros(0, self.model.get_embedding_dimension())
        found = self.model.encode(
            distinct,  # it sorts them by length itself
            batch_size=self.texts_per_batch,
            convert_to_tensor=True,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        place = {text: i for i, text in enumerate(distinct)}
        return found.float().cpu()[[place[text] for text in texts]]
