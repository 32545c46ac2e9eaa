"""What the classifiers of a label study are taught: human labels, a model's, and what lies between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.recipes.label_study.rows import Annotation, StudySplit

Bools = NDArray[np.bool_]
Kind = Literal["human", "model", "same_rows", "filtered", "cleaned", "mixture", "human_share"]
HUMAN = "human"


@dataclass(frozen=True)
class LabelSource:
    """Labels for the training rows by seed (`NO_LABEL`: not learnt from), and which are the human's.

    `not_run` says why nothing can be learnt from it; `same_as` names a source with the same labels.
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
        """Whether classifiers are trained on it under its own name."""
        return not (self.not_run or self.same_as)

    def num_labels(self) -> float:
        """Rows learnt from, the mean over seeds."""
        return float(np.mean([(codes != NO_LABEL).sum() for codes in self.codes.values()]))

    def num_human(self) -> float:
        """Human labels among them, the mean over seeds."""
        return float(np.mean([marks.sum() for marks in self.human.values()]))


@dataclass(frozen=True)
class Recipe:
    """Which shares are taken: of the surest labels, of human labels in mixtures and alone."""

    keep: tuple[float, ...] = (0.5,)
    mix: tuple[float, ...] = (0.1,)
    human: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5)


@dataclass(frozen=True)
class SourceMaker:
    """Makes the label sources of one study."""

    train: StudySplit
    seeds: Sequence[int]
    recipe: Recipe = Recipe()

    def human(self) -> list[LabelSource]:
        """All human labels, and as many as each share of the curve says; a mixture's share is one of them."""
        shares = sorted({*self.recipe.human, *self.recipe.mix} - {1.0})
        return [
            self._source(HUMAN, "human", "human labels", lambda seed: (self.train.human, self._all)),
            *[self._human_share(share) for share in shares],
        ]

    def of(self, annotation: Annotation, suspects: Bools | str) -> list[LabelSource]:
        """Everything made of one annotator's labels.

        Args:
            suspects: rows that confident learning takes for mislabelled, or why it was not run.
        """
        sources = [
            self._source(
                annotation.name, "model", annotation.name, lambda seed: (annotation.codes, self._none),
            ),
            self._source(
                f"{annotation.name}-rows",
                "same_rows",
                f"human labels of the rows that {annotation.name} answered",
                lambda seed: _held(self.train.human, annotation.codes != NO_LABEL, human=True),
            ),
            *[self._filtered(annotation, share) for share in self.recipe.keep],
            self._cleaned(annotation, suspects),
            *[self._mixture(annotation, share) for share in self.recipe.mix],
        ]  # fmt: skip
        return [replace(source, annotator=annotation.name) for source in sources]

    def _human_share(self, share: float) -> LabelSource:
        def of(seed: int) -> tuple[Codes, Bools]:
            return _held(self.train.human, self._first(seed, share), human=True)

        title = f"{share:.0%} of the human labels"
        return self._source(f"human-{share * 100:g}pct", "human_share", title, of, share=share)

    def _mixture(self, annotation: Annotation, share: float) -> LabelSource:
        def of(seed: int) -> tuple[Codes, Bools]:
            human = self._first(seed, share)
            return np.where(human, self.train.human, annotation.codes).astype(np.int32), human

        title = f"{share:.0%} human labels, the rest by {annotation.name}"
        return self._source(f"{annotation.name}-mix{share * 100:g}", "mixture", title, of, share=share)

    def _filtered(self, annotation: Annotation, share: float) -> LabelSource:
        name, title = f"{annotation.name}-top{share * 100:g}", f"the surest {share:.0%} of {annotation.name}"
        threshold = threshold_for(annotation, share)
        if threshold is None:
            reason = f"free text carries no confidence ({annotation.mode}); label with --mode rank"
            return LabelSource(name, "filtered", title, share=share, not_run=reason)
        sure = (annotation.codes != NO_LABEL) & (np.nan_to_num(annotation.confidence, nan=-1) >= threshold)
        made = self._source(
            name, "filtered", title, lambda seed: _held(annotation.codes, sure, human=False), share=share
        )
        return replace(made, threshold=threshold)

    def _cleaned(self, annotation: Annotation, suspects: Bools | str) -> LabelSource:
        name, title = f"{annotation.name}-cleaned", f"{annotation.name}, cleaned by confident learning"
        if isinstance(suspects, str):
            return LabelSource(name, "cleaned", title, not_run=suspects)
        return self._source(
            name, "cleaned", title, lambda seed: _held(annotation.codes, ~suspects, human=False)
        )

    def _source(
        self, name: str, kind: Kind, title: str, of: Callable[[int], tuple[Codes, Bools]],
        share: float | None = None,
    ) -> LabelSource:  # fmt: skip
        made = {seed: of(seed) for seed in self.seeds}
        codes = {seed: pair[0] for seed, pair in made.items()}
        human = {seed: pair[1] for seed, pair in made.items()}
        not_run = next(filter(None, (self._refusal(column) for column in codes.values())), "")
        return LabelSource(name, kind, title, codes=codes, human=human, share=share, not_run=not_run)

    def _refusal(self, codes: Codes) -> str:
        """Why nothing can be learnt from these labels; empty where something can."""
        found = np.unique(codes[codes != NO_LABEL])
        if len(found) == 0:
            return "it has no label for any training row"
        if len(found) == 1:
            number = int((codes != NO_LABEL).sum())
            named = ", ".join(self.train.space.names(int(found[0]))) or "none"
            return f"its {number:,} labels are all “{named}”: nothing to tell apart"
        return ""

    def _first(self, seed: int, share: float) -> Bools:
        """The first rows of the seed's order; two at least, since one teaches nothing."""
        chosen = np.zeros(len(self.train), dtype=bool)
        chosen[self.train.order(seed)[: max(2, round(share * len(self.train)))]] = True
        return chosen

    @property
    def _all(self) -> Bools:
        return np.ones(len(self.train), dtype=bool)

    @property
    def _none(self) -> Bools:
        return np.zeros(len(self.train), dtype=bool)


def threshold_for(annotation: Annotation, share: float) -> float | None:
    """The lowest confidence among the surest `share` of the labels; None where there is no confidence.

    Labels of that very confidence are kept too, so the kept share can be larger.
    """
    sureness = annotation.confidence[(annotation.codes != NO_LABEL) & ~np.isnan(annotation.confidence)]
    if not len(sureness):
        return None
    kept = max(1, round(share * len(sureness)))
    return float(np.sort(sureness)[::-1][kept - 1])


def without_doubles(sources: Sequence[LabelSource]) -> list[LabelSource]:
    """The sources, each with the same labels as an earlier one under every seed pointing to that one."""
    seen: dict[bytes, str] = {}
    marked = []
    for source in sources:
        if source.not_run:
            marked.append(source)
            continue
        key = b"".join(source.codes[seed].tobytes() for seed in sorted(source.codes))
        same = seen.setdefault(key, source.name)
        marked.append(replace(source, same_as="" if same == source.name else same))
    return marked


def suspected(codes: Codes, chances: Floats, space: LabelSpace) -> Bools:
    """Rows whose label confident learning takes for wrong (Northcutt et al., 2021): those that cleanlab's
    `prune_by_noise_rate` would remove, with several labels those with any such label (Thyagarajan et al.,
    2022). Rows without a label are never suspected.

    Args:
        codes: the answer per row.
        chances: `(rows, labels)`, from classifiers that had not seen the row.
    """
    given = codes != NO_LABEL
    found = _suspects_of_sets if space.several else _suspects_of_labels
    suspects = np.zeros(len(codes), dtype=bool)
    suspects[np.flatnonzero(given)[found(codes[given], chances[given], space)]] = True
    return suspects


def _suspects_of_labels(codes: Codes, chances: Floats, space: LabelSpace) -> Bools:
    from cleanlab.filter import find_label_issues

    used = np.unique(codes)  # cleanlab wants classes without a gap
    issues: Bools = find_label_issues(np.searchsorted(used, codes), _shares(chances[:, used]), n_jobs=1)
    return issues


def _suspects_of_sets(codes: Codes, chances: Floats, space: LabelSpace) -> Bools:
    from cleanlab.multilabel_classification.filter import find_label_issues

    marks = space.marks(codes)
    used = marks.any(axis=0) & ~marks.all(axis=0)
    if not used.any():
        return np.zeros(len(codes), dtype=bool)
    given = [np.flatnonzero(row).tolist() for row in marks[:, used]]
    issues: Bools = find_label_issues(given, chances[:, used], n_jobs=1)
    return issues


def _shares(chances: Floats) -> Floats:
    total = chances.sum(axis=1, keepdims=True)
    even = np.full_like(chances, 1 / chances.shape[1])
    return np.where(total > 0, chances / np.where(total > 0, total, 1), even)


def _held(codes: Codes, kept: Bools, *, human: bool) -> tuple[Codes, Bools]:
    """The labels of the kept rows, and whether each is the human's."""
    return np.where(kept, codes, NO_LABEL).astype(np.int32), kept if human else np.zeros_like(kept)
