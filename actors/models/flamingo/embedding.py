"""Input embeddings of which only the rows of `<image>` and `<|endofchunk|>` can move."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class MediaEmbedding(nn.Embedding):
    """An embedding table whose training happens in `delta`, a table of the same size that starts at zero.

    The output is `weight[token]`, plus `delta[token]` for the media tokens alone. So no gradient ever
    reaches another row of `delta`; those rows stay zero under any optimizer, weight decay included,
    because zero decays to zero; and `weight` itself is frozen, hence bit-identical after any step. It
    needs no hook and no promise of the optimizer, so it holds under every ZeRO stage, and the optimizer
    counts the whole table, as the authors' did.
    """

    media_ids: tuple[int, ...]
    delta: nn.Parameter | None

    @classmethod
    def around(cls, table: nn.Embedding, media_ids: tuple[int, ...]) -> MediaEmbedding:
        """The same weights, shared, with rows `media_ids` ready to be trained."""
        embedding = cls(table.num_embeddings, table.embedding_dim, _weight=table.weight)
        embedding.weight = table.weight
        embedding.media_ids = media_ids
        embedding.register_parameter("delta", None)
        return embedding

    def start_training(self) -> nn.Parameter:
        """The parameter to optimise, made on the first call."""
        if self.delta is None:
            self.delta = nn.Parameter(torch.zeros_like(self.weight))
        self.delta.requires_grad_(True)
        self.weight.requires_grad_(False)
        return self.delta

    def media_rows(self) -> torch.Tensor:
        """`[media tokens, width]`: the rows as they are used."""
        rows = list(self.media_ids)
        with torch.no_grad():
            used = self.weight[rows] if self.delta is None else self.weight[rows] + self.delta[rows]
            return used.detach().clone()

    def set_media_rows(self, rows: torch.Tensor) -> None:
        """Replaces the rows by `rows`, and what was trained before by nothing."""
        with torch.no_grad():
            self.weight[list(self.media_ids)] = rows.to(self.weight)
            if self.delta is not None:
                self.delta.zero_()

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        fixed = functional.embedding(input, self.weight)
        if self.delta is None:
            return fixed
        is_media = torch.isin(input, torch.tensor(self.media_ids, device=input.device))[..., None]
        return torch.where(is_media, fixed + functional.embedding(input, self.delta), fixed)
