"""Rows of MMBT as tensors, and the loss over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from actors.models.mmbt.model import MmbtModel
from actors.models.mmbt.network import Mmbt, label_losses
from trainers.mmbt.pictures import Pictures, encode, pixels
from trainers.mmbt.prepared import Split


@dataclass(frozen=True)
class Batch:
    """One micro-batch. `pictures` are tokens `[B, image_tokens, C]`, or pixels `[D, 3, 224, 224]` of the
    distinct pictures, of which row i has number `place[i]`."""

    ids: Tensor
    mask: Tensor
    pictures: Tensor
    place: Tensor | None
    targets: Tensor
    weights: Tensor


class MmbtLoss(nn.Module):
    """Sum of the rows' losses, each times its weight; a float32 scalar.

    `class_weights` `[classes]` weigh classes, or with several labels per row the positives.
    """

    class_weights: Tensor | None

    def __init__(self, mmbt: Mmbt, class_weights: Tensor | None, *, autocast: bool) -> None:
        super().__init__()
        self.mmbt, self.autocast = mmbt, autocast
        self.register_buffer("class_weights", class_weights, persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        with torch.autocast(batch.ids.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            pictures = batch.pictures
            if batch.place is not None:
                pictures = self.mmbt.picture_tokens(pictures)[batch.place]
            logits = self.mmbt(batch.ids, batch.mask, pictures)
        several, weights = self.mmbt.config.multi_label, self.class_weights
        losses = label_losses(logits.float(), batch.targets, multi_label=several, weights=weights)
        return (losses * batch.weights).sum()


@dataclass(frozen=True)
class Inputs:
    """A split as the model reads it; `picture` is each row's place among the distinct pictures."""

    split: Split
    pieces: list[list[int]]
    picture: NDArray[np.int64]

    @classmethod
    def of(cls, split: Split, model: MmbtModel, pictures: Pictures) -> Inputs:
        return cls(split, model.word_pieces(split.texts), pictures.places(split.pictures))

    @property
    def lengths(self) -> list[int]:
        """Word pieces of every row."""
        return [len(row) for row in self.pieces]

    def batch(
        self, rows: Sequence[int], model: MmbtModel, pictures: Pictures, *, frozen: bool, used: bool
    ) -> Batch:
        """The rows as one batch; with `used` False they have weight 0, for a worker that has no row left."""
        device, numbers = model.device, list(rows)
        ids, mask = model.padded([self.pieces[row] for row in numbers])
        place = None
        if frozen:
            inputs = pictures.tokens_of(self.picture[numbers])
        else:
            distinct, back = np.unique(self.picture[numbers], return_inverse=True)
            inputs = pixels(model, [pictures.paths[number] for number in distinct])
            place = torch.from_numpy(back).to(device)
        weights = torch.from_numpy(self.split.weights[numbers] * used).float()
        return Batch(
            ids.to(device),
            mask.to(device),
            inputs.to(device),
            place,
            torch.from_numpy(self.split.targets[numbers]).to(device),
            weights.to(device),
        )

    def logits(
        self, rows: Sequence[int], model: MmbtModel, pictures: Pictures, *, frozen: bool
    ) -> NDArray[np.float32]:
        """`[len(rows), classes]` of the model as it stands."""
        if not len(rows):
            return np.zeros((0, len(model.labels)), np.float32)
        numbers, back = np.unique(self.picture[list(rows)], return_inverse=True)
        if frozen:
            tokens = pictures.tokens_of(numbers)
        else:
            tokens = encode(model, [pictures.paths[number] for number in numbers])
        return model.logits_of([self.pieces[row] for row in rows], tokens[back]).numpy()


def class_weights(split: Split, classes: int, *, multi_label: bool) -> NDArray[np.float32]:
    """Weights `[classes]`, N / frequency; with one label per row scaled so that the mean over rows is 1.

    A class without a row weighs 1: there is nothing to weigh.
    """
    if multi_label:
        frequency, scale = split.targets.sum(axis=0), 1.0
    else:
        frequency = np.bincount(split.targets, minlength=classes).astype(np.float64)
        scale = 1 / max(1, int((frequency > 0).sum()))
    weights = np.where(frequency > 0, len(split) * scale / np.maximum(frequency, 1), 1.0)
    return weights.astype(np.float32)


def row_weights(
    split: Split, weights: NDArray[np.float32] | None, *, multi_label: bool
) -> NDArray[np.float64]:
    """Weight of every row in the mean loss: its own, times that of its class."""
    if weights is None or multi_label:
        return split.weights
    return split.weights * weights[split.targets]
