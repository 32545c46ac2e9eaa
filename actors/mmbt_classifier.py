"""Labels with calibrated probabilities from a trained MMBT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from actors.base import Annotator, Columns
from actors.models.mmbt.description import Description, read_description

if TYPE_CHECKING:
    import torch

THRESHOLD = 0.5  # a multi-label row gets the labels above this probability


@dataclass
class MmbtClassifier(Annotator):
    """`label`, its probability as `confidence`, and `label_probabilities` in the order of `labels`.

    `folder` is an MMBT folder. Where it gives several labels per row, `labels` are those above 0.5 in place
    of `label`, and the confidence is that of the least sure decision, 0.5 to 1. Reads what
    `MmbtPictureReader` leaves; a picture that several rows of a table share is encoded once. An empty text
    is allowed.
    """

    folder: str
    dtype: str = "float32"

    reads = ("text", "images", "picture_square")

    @property
    def writes(self) -> Columns:
        label = {"labels": "list<item: string>"} if self.description.multi_label else {"label": "string"}
        return {**label, "confidence": "float", "label_probabilities": "list<item: float>"}

    @cached_property
    def description(self) -> Description:
        """The contents of the folder's `mmbt.json`.

        Raises:
            ValueError: `folder` is no complete MMBT folder.
        """
        return read_description(self.folder)

    def check(self) -> None:
        read_description(self.folder)

    def identity(self) -> dict[str, Any]:
        described = self.description
        weights = {"weights_sha256": described.weights_sha256, "temperature": described.temperature}
        return {**weights, "labels": described.labels, "dtype": self.dtype}

    def load(self) -> None:
        from actors.models.mmbt.folder import load_mmbt

        self.model = load_mmbt(self.folder, dtype=self.dtype)

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        texts = [text or "" for text in table["text"].to_pylist()]
        chances = self.model.probabilities(texts, self._picture_tokens(table)).numpy()
        labels, every = self.model.labels, {"label_probabilities": list(chances)}
        if not self.model.config.multi_label:
            best = [labels[i] for i in chances.argmax(axis=1)]
            return {"label": best, "confidence": chances.max(axis=1), **every}
        several = [[labels[i] for i in row.nonzero()[0]] for row in chances > THRESHOLD]
        return {"labels": several, "confidence": abs(chances - THRESHOLD).min(axis=1) + THRESHOLD, **every}

    def _picture_tokens(self, table: pa.Table) -> torch.Tensor:
        """`[rows, image_tokens, C]`; rows without a readable picture share the grey one."""
        from actors.models.mmbt.pixels import middle_square, normalise

        squares, images = table["picture_square"].to_pylist(), table["images"].to_pylist()
        names = [None if square is None else row[0] for square, row in zip(squares, images, strict=True)]
        by_name = dict(zip(names, squares, strict=True))
        distinct = [middle_square(None) if square is None else square for square in by_name.values()]
        place = {name: i for i, name in enumerate(by_name)}
        tokens = self.model.picture_tokens(normalise(distinct, self.model.scale))
        return tokens[[place[name] for name in names]]
