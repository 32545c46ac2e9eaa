"""Natural language inference: does the first sentence of a pair contradict the second?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from actors.models.judges.pair_classifier import PairClassifier
from actors.models.weights.checkpoints import find_checkpoint

LABELS = ("contradiction", "entailment", "neutral")  # of cross-encoder/nli-deberta-v3-base


class NliModel:
    """A sentence-transformers cross-encoder with three labels, from a folder or a hub name."""

    def __init__(self, name_or_folder: str, *, device: str | None = None) -> None:
        from sentence_transformers import CrossEncoder
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()  # workers' bars would run through the pipeline's own
        try:
            self.encoder: Any = CrossEncoder(find_checkpoint(name_or_folder), device=device)
        except OSError as error:
            raise ValueError(f"cannot load the NLI model {name_or_folder!r}: {error}") from error
        self.order = label_order(name_or_folder, self.encoder.model.config.id2label)
        self.classifier = PairClassifier(self.encoder.model, self.encoder.tokenizer)

    def logits(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """Float32 `[len(pairs), 3]`: contradiction, entailment, neutral of (premise, hypothesis)."""
        return self.classifier.logits(pairs)[:, self.order]


def label_order(name: str, labels: Mapping[int, str]) -> list[int]:
    """For each of LABELS the model's own column; a model without names has them in this order.

    Raises:
        ValueError: not three labels, or other names.
    """
    names = [labels[i].lower() for i in sorted(labels)]
    if len(names) != len(LABELS):
        raise ValueError(f"the NLI model {name!r} has {len(names)} labels, expected the three of {LABELS}")
    if names == [f"label_{i}" for i in range(len(LABELS))]:
        return list(range(len(LABELS)))
    if sorted(names) != sorted(LABELS):
        raise ValueError(f"the NLI model {name!r} has the labels {names}, expected {list(LABELS)}")
    return [names.index(label) for label in LABELS]
