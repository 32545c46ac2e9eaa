"""MMBT: a ResNet's picture features stand before the words in BERT (paper A §3.3; Kiela et al. 2019)."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from actors.models.mmbt.config import LAYOUTS, MmbtConfig

PICTURE, TEXT = 0, 1  # segments


class Mmbt(nn.Module):
    """[CLS] picture tokens [SEP] words, through BERT and its pooler, to one logit per label.

    `bert` is a `transformers` BertModel with a pooler, `image_features` maps `[B, 3, H, W]` to
    `[B, C, h, w]`. Positions of the words begin at 0 again; segment 0 is the picture, 1 the text.
    """

    def __init__(
        self, config: MmbtConfig, bert: Any, image_features: nn.Module, *, channels: int, cls: int, sep: int
    ) -> None:
        super().__init__()
        config.check(bert.config.max_position_embeddings)
        self.config, self.bert, self.image_features = config, bert, image_features
        hidden = bert.config.hidden_size
        self.pool = nn.AdaptiveAvgPool2d(LAYOUTS[config.image_tokens])
        self.project = nn.Linear(channels, hidden)
        self.dropout = nn.Dropout(config.dropout)
        self.classify = nn.Linear(hidden, len(config.labels))
        self.register_buffer("marks", torch.tensor([cls, sep]), persistent=False)

    def picture_tokens(self, pixels: torch.Tensor) -> torch.Tensor:
        """Float `[B, image_tokens, C]` of pixels `[B, 3, H, W]`; constant while the backbone is frozen."""
        pooled: torch.Tensor = self.pool(self.image_features(pixels))
        return pooled.flatten(2).transpose(1, 2)

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, pictures: torch.Tensor
    ) -> torch.Tensor:
        """Logits `[B, labels]`.

        Args:
            input_ids: `[B, T]` word pieces without [CLS] and [SEP], padded on the right.
            attention_mask: `[B, T]`, 0 at padding.
            pictures: `[B, image_tokens, C]` of `picture_tokens`.
        """
        rows, words = input_ids.shape
        embed = self.bert.embeddings.word_embeddings
        begin, end = embed(self.marks).expand(rows, -1, -1).unbind(1)
        tokens = self.project(pictures.to(self.project.weight.dtype))
        front = torch.cat([begin[:, None], tokens, end[:, None]], dim=1)
        length = front.shape[1]
        device = input_ids.device
        positions = torch.cat([torch.arange(length, device=device), torch.arange(words, device=device)])
        segments = torch.cat(
            [torch.full((length,), PICTURE, device=device), torch.full((words,), TEXT, device=device)]
        )
        mask = torch.cat([attention_mask.new_ones(rows, length), attention_mask], dim=1)
        pooled = self.bert(
            inputs_embeds=torch.cat([front, embed(input_ids)], dim=1),
            attention_mask=mask,
            position_ids=positions.expand(rows, -1),
            token_type_ids=segments.expand(rows, -1),
        ).pooler_output
        return self.classify(self.dropout(pooled))


def label_losses(
    logits: torch.Tensor, targets: torch.Tensor, *, multi_label: bool, weights: torch.Tensor | None = None
) -> torch.Tensor:
    """Loss of every row, `[B]`: cross-entropy against class numbers `[B]`, or with `multi_label` the mean
    binary cross-entropy against 0/1 `[B, labels]`.

    `weights` `[labels]` weigh classes, or with `multi_label` the positives (N_train / frequency in the
    published code).
    """
    if multi_label:
        losses = nn.functional.binary_cross_entropy_with_logits(
            logits, targets, pos_weight=weights, reduction="none"
        )
        return losses.mean(dim=1)
    return nn.functional.cross_entropy(logits, targets, weight=weights, reduction="none")
