"""An MMBT with everything a prediction needs: tokenizer, picture transform, labels and temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from PIL import Image

from actors.models.mmbt.config import MmbtConfig
from actors.models.mmbt.network import Mmbt
from actors.models.mmbt.pixels import Scale, middle_square, normalise, scale_of
from actors.models.weights.length_batches import budget_for, length_batches

PICTURES_PER_BATCH = 32
# Feature maps of more are larger than what malloc keeps: each would be mapped and cleared anew, which took
# two thirds of the time.
PICTURES_PER_BATCH_ON_CPU = 4


@dataclass
class MmbtModel:
    """A loaded MMBT. `temperature` divides its logits before the softmax; `sources` says where the
    pretrained parts came from, with their SHA-256; `preset` the hyper-parameters it was trained with."""

    module: Mmbt
    tokenizer: Any
    temperature: float = 1.0
    preset: str | None = None
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def config(self) -> MmbtConfig:
        return self.module.config

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes, in the order of the logits."""
        return self.module.config.labels

    @property
    def device(self) -> torch.device:
        return self.module.project.weight.device

    @property
    def scale(self) -> Scale:
        """Mean and deviation that its backbone's pixels are normalised by."""
        return scale_of(self.config.image_model)

    def transform(self, picture: bytes | Image.Image | None) -> torch.Tensor:
        """Float32 `[3, 224, 224]`; None is the grey picture.

        Raises:
            BadRow: the bytes are no readable picture.
        """
        return normalise([middle_square(picture)], self.scale)[0]

    def word_pieces(self, texts: Sequence[str]) -> list[list[int]]:
        """Numbers of the word pieces of every text, at most `max_text_tokens`."""
        if not texts:
            return []
        longest = self.config.max_text_tokens
        encoded = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=longest, padding=False
        )
        return encoded["input_ids"]

    def padded(self, pieces: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
        """`[B, T]` and mask `[B, T]` of rows of word pieces, on the CPU."""
        width = max(map(len, pieces), default=0)
        ids = torch.full((len(pieces), width), self.tokenizer.pad_token_id or 0, dtype=torch.long)
        mask = torch.zeros(len(pieces), width, dtype=torch.long)
        for row, words in enumerate(pieces):
            ids[row, : len(words)] = torch.tensor(words, dtype=torch.long)
            mask[row, : len(words)] = 1
        return ids, mask

    @torch.no_grad()  # and not inference_mode: the projection may be trained on what comes back
    def picture_tokens(self, pixels: torch.Tensor) -> torch.Tensor:
        """Float32 `[B, image_tokens, C]` on the CPU of pixels `[B, 3, 224, 224]`."""
        self.module.image_features.eval()
        kind = self.module.project.weight.dtype
        batches = []
        on_cpu = self.device.type == "cpu"
        for batch in pixels.split(PICTURES_PER_BATCH_ON_CPU if on_cpu else PICTURES_PER_BATCH):
            placed = batch.to(self.device, kind).contiguous(memory_format=torch.channels_last)
            batches.append(self.module.picture_tokens(placed).float().cpu())
        return torch.cat(batches) if batches else torch.zeros(0, self.config.image_tokens, self.channels)

    @property
    def channels(self) -> int:
        """Channels of the backbone's feature map."""
        return self.module.project.in_features

    @torch.inference_mode()
    def logits_of(self, pieces: Sequence[Sequence[int]], picture_tokens: torch.Tensor) -> torch.Tensor:
        """Float32 `[n, labels]` on the CPU of rows of word pieces, in batches of texts of like length."""
        self.module.eval()
        logits = torch.zeros(len(pieces), len(self.labels))
        front = self.config.image_tokens + 2
        groups = length_batches(
            [front + len(words) for words in pieces], token_budget=budget_for(self.device.type)
        )
        for group in groups:
            ids, mask = self.padded([pieces[i] for i in group])
            batch_logits = self.module(
                ids.to(self.device), mask.to(self.device), picture_tokens[group].to(self.device)
            )
            logits[group] = batch_logits.float().cpu()
        return logits

    def probabilities(self, texts: Sequence[str], picture_tokens: torch.Tensor) -> torch.Tensor:
        """Float32 `[n, labels]` from 0 to 1, calibrated with the stored temperature; rows sum to 1 unless
        the labels are independent.

        Args:
            texts: One per row; empty ones are allowed.
            picture_tokens: `[n, image_tokens, C]` of `picture_tokens` or of stored features.
        """
        scaled = self.logits_of(self.word_pieces(texts), picture_tokens) / self.temperature
        return torch.sigmoid(scaled) if self.config.multi_label else torch.softmax(scaled, dim=-1)
