"""Models that classify pairs of texts: each distinct pair once, in batches of like length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from actors.models.weights.checkpoints import find_checkpoint
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


LABELS = ("contradiction", "entailment", "neutral")  # of cross-encoder/nli-deberta-v3-base


class NliModel:
    """Does the first sentence of a pair contradict the second? A sentence-transformers cross-encoder with
    three labels, from a folder or a hub name."""

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
    """For each of LABELS its column in the model's logits; a model without label names has their order.

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


class RewardModel:
    """How much people would like an answer: a sequence classifier with one logit for (question, answer), from
    a folder or a hub name."""

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
