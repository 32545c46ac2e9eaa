"""Training labels of a label study's classifiers: human ones, a model's, and mixtures of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.rows import Annotation, Bools, StudySplit

Kind = Literal["human", "model", "same_rows", "filtered", "cleaned", "mixture", "human_share"]
HUMAN = "human"


@dataclass(frozen=True)
class TrainingLabels:
    """Labels for the training rows by seed (`NO_LABEL`: not learnt from), and which are the human's.

    `not_run` says why nothing can be learnt from them; `same_as` names others that are the same.
    """

    name: str
    kind: Kind
    title: str
    annotator: str | None = None
    codes: Mapping[int, Codes] = field(default_factory=dict)
    human: Mapping[int, Bools] = field(default_factory=dict)
    share: float | None = None
    threshold: float | None = None
    not_run: str = ""
    same_as: str = ""

    @property
    def trained(self) -> bool:
        """Whether classifiers are trained on them under their own name."""
        return not (self.not_run or self.same_as)

    def num_labels(self) -> float:
        """Rows learnt from, the mean over seeds."""
        return float(np.mean([(codes != NO_LABEL).sum() for codes in self.codes.values()]))

    def num_human(self) -> float:
        """Human labels among them, the mean over seeds."""
        return float(np.mean([marks.sum() for marks in self.human.values()]))


@dataclass(frozen=True)
class LabelMaker:
    """Makes the training labels of one study; `flags` say how many seeds, and which shares are taken."""

    train: StudySplit
    flags: ClassifierFlags

    def human(self) -> list[TrainingLabels]:
        """All human labels, and as many as each share of the curve says; a mixture's share is one of them."""
        shares = sorted({*self.flags.human, *self.flags.mix})
        every = np.ones(len(self.train), dtype=bool)
        return [
            self._labels(HUMAN, "human", "human labels", lambda seed: (self.train.human, every)),
            *[self._human_share(share) for share in shares],
        ]

    def of(self, annotation: Annotation, issues: Bools | str) -> list[TrainingLabels]:
        """Everything made of one annotator's labels.

        Args:
            issues: rows that confident learning takes for mislabelled, or why it was not run.
        """
        no_row = np.zeros(len(self.train), dtype=bool)
        variants = [
            self._labels(annotation.name, "model", annotation.name, lambda seed: (annotation.codes, no_row)),
            self._labels(
                f"{annotation.name}-rows",
                "same_rows",
                f"human labels of the rows that {annotation.name} answered",
                lambda seed: _only(self.train.human, annotation.codes != NO_LABEL, human=True),
            ),
            *[self._filtered(annotation, share) for share in sorted(set(self.flags.keep))],
            self._cleaned(annotation, issues),
            *[self._mixture(annotation, share) for share in sorted(set(self.flags.mix))],
        ]
        return [replace(labels, annotator=annotation.name) for labels in variants]

    def _human_share(self, share: float) -> TrainingLabels:
        def of(seed: int) -> tuple[Codes, Bools]:
            return _only(self.train.human, self._first(seed, share), human=True)

        title = f"{share:.0%} of the human labels"
        return self._labels(f"human-{share * 100:g}pct", "human_share", title, of, share=share)

    def _mixture(self, annotation: Annotation, share: float) -> TrainingLabels:
        def of(seed: int) -> tuple[Codes, Bools]:
            human = self._first(seed, share)
            return np.where(human, self.train.human, annotation.codes).astype(np.int32), human

        title = f"{share:.0%} human labels, the rest by {annotation.name}"
        return self._labels(f"{annotation.name}-mix{share * 100:g}", "mixture", title, of, share=share)

    def _filtered(self, annotation: Annotation, share: float) -> TrainingLabels:
        name, title = f"{annotation.name}-top{share * 100:g}", f"the surest {share:.0%} of {annotation.name}"
        threshold = threshold_for(annotation, share)
        if threshold is None:
            reason = f"free text carries no confidence ({annotation.mode}); label with --mode rank"
            return TrainingLabels(name, "filtered", title, share=share, not_run=reason)
        sure = (annotation.codes != NO_LABEL) & (np.nan_to_num(annotation.confidence, nan=-1) >= threshold)
        codes = _only(annotation.codes, sure, human=False)
        return replace(self._labels(name, "filtered", title, lambda _: codes, share), threshold=threshold)

    def _cleaned(self, annotation: Annotation, issues: Bools | str) -> TrainingLabels:
        name, title = f"{annotation.name}-cleaned", f"{annotation.name}, cleaned by confident learning"
        if isinstance(issues, str):
            return TrainingLabels(name, "cleaned", title, not_run=issues)
        codes = _only(annotation.codes, ~issues, human=False)
        return self._labels(name, "cleaned", title, lambda _: codes)

    def _labels(
        self, name: str, kind: Kind, title: str, of: Callable[[int], tuple[Codes, Bools]],
        share: float | None = None,
    ) -> TrainingLabels:  # fmt: skip
        pairs = {seed: of(seed) for seed in range(self.flags.seeds)}
        codes = {seed: pair[0] for seed, pair in pairs.items()}
        human = {seed: pair[1] for seed, pair in pairs.items()}
        not_run = next(filter(None, (self._refusal(column) for column in codes.values())), "")
        return TrainingLabels(name, kind, title, codes=codes, human=human, share=share, not_run=not_run)

    def _refusal(self, codes: Codes) -> str:
        """Why nothing can be learnt from these labels; empty where something can."""
        kinds = np.unique(codes[codes != NO_LABEL])
        if len(kinds) == 0:
            return "it has no label for any training row"
        if len(kinds) == 1:
            number = int((codes != NO_LABEL).sum())
            name = ", ".join(self.train.space.names(int(kinds[0]))) or "none"
            return f"its {number:,} labels are all “{name}”: nothing to tell apart"
        return ""

    def _first(self, seed: int, share: float) -> Bools:
        """The first rows of the seed's order; two at least, since one teaches nothing."""
        first = np.zeros(len(self.train), dtype=bool)
        first[self.train.order(seed)[: max(2, round(share * len(self.train)))]] = True
        return first


def threshold_for(annotation: Annotation, share: float) -> float | None:
    """The lowest confidence among the surest `share` of the labels; None where there is no confidence.

    Labels of that very confidence are kept too, so the kept share can be larger.
    """
    sureness = annotation.confidence[(annotation.codes != NO_LABEL) & ~np.isnan(annotation.confidence)]
    if not len(sureness):
        return None
    num_kept = max(1, round(share * len(sureness)))
    return float(np.sort(sureness)[::-1][num_kept - 1])


def without_doubles(variants: Sequence[TrainingLabels]) -> list[TrainingLabels]:
    """The training labels, those that are the same as earlier ones under every seed pointing to these."""
    names: dict[bytes, str] = {}
    marked = []
    for labels in variants:
        if not labels.not_run:
            key = b"".join(labels.codes[seed].tobytes() for seed in sorted(labels.codes))
            first = names.setdefault(key, labels.name)
            labels = replace(labels, same_as="" if first == labels.name else first)
        marked.append(labels)
    return marked


def _only(codes: Codes, keep: Bools, *, human: bool) -> tuple[Codes, Bools]:
    """The labels of the kept rows, and whether each is the human's."""
    return np.where(keep, codes, NO_LABEL).astype(np.int32), keep if human else np.zeros_like(keep)
