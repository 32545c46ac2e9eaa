"""How much people would like an answer, as a reward model guesses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from actors.models.judges.pair_classifier import PairClassifier
from actors.models.weights.checkpoints import find_checkpoint


class RewardModel:
    """A sequence classifier with one logit for (question, answer), from a folder or a hub name."""

    def __init__(self, name_or_folder: str, *, device: str | None = None) -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        source = find_checkpoint(name_or_folder)
        disable_progress_bar()  # workers' bars would run through the pipeline's own
        try:
            tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
            model: Any = AutoModelForSequenceClassification.from_pretrained(
                source, dtype=torch.float32, trust_remote_code=False, weights_only=True
            )
        except OSError as error:
            raise ValueError(f"cannot load the reward model {name_or_folder!r}: {error}") from error
        if model.config.num_labels != 1:
            raise ValueError(
                f"the reward model {name_or_folder!r} has {model.config.num_labels} labels, expected one"
            )
        place = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self.classifier = PairClassifier(model.to(place), tokenizer)

    def score(self, pairs: Sequence[tuple[str, str]]) -> torch.Tensor:
        """Float32 `[len(pairs)]`: the logit of each (question, answer); more is better, no fixed range."""
        return self.classifier.logits(pairs)[:, 0]
