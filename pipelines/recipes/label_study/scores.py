"""From predictions to the figures of a label study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from actors.prompts.task import Task
from pipelines.metrics.intervals import trainings
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.labels import Codes
from pipelines.metrics.worth import worth
from pipelines.recipes.label_study.agreement import by_language, training_agreement
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.training_labels import HUMAN, TrainingLabels
from pipelines.reports.label_study.figures import (
    AUROC,
    EXACT,
    MACRO_F1,
    Comparison,
    LabelSourceFigures,
    primary_metric,
)

# By name of the labels learnt from: the classifiers' answers (seeds, rows), chances (seeds, rows, labels).
Predicted = Mapping[str, tuple[Codes, Floats]]
WEIGHTS_AT_ONCE = 25_000_000  # rows times resamples (200 MB)
QUESTIONS = (
    ("What is the labels' noise worth? The same rows, labelled by people", "same_rows", "model"),
    ("Does keeping only sure labels help?", "filtered", "model"),
    ("Does cleaning help?", "cleaned", "model"),
    ("Do some human labels help?", "mixture", "model"),
    ("Do the model's labels add to a few human ones?", "mixture", "human_share"),
)


@dataclass(frozen=True)
class Scoring:
    """The test rows, and what the classifiers predict for them, by the labels that taught them."""

    task: Task
    test: StudySplit
    train: StudySplit
    predicted: Predicted
    seeds: Sequence[int]

    @property
    def primary(self) -> str:
        """The metric that the study judges by."""
        return primary_metric(self.task)

    @cached_property
    def draws(self) -> trainings.Draws:
        """One set of draws for every figure, so that all of them are paired."""
        resamples = max(200, min(trainings.RESAMPLES, WEIGHTS_AT_ONCE // len(self.test)))
        return trainings.draw(self.test.groups, len(self.seeds), resamples=resamples)

    @cached_property
    def figures(self) -> Mapping[str, Mapping[str, Floats]]:
        """By training labels and metric: the figure under every draw."""
        return {
            name: {metric: trainings.mean_over_seeds(score, self.draws) for metric, score in metrics.items()}
            for name, metrics in self.scores.items()
        }

    @cached_property
    def scores(self) -> Mapping[str, Mapping[str, Floats]]:
        """By training labels and metric: the score under every draw `(draws, seeds)`, line 0 undrawn."""
        return {name: self._scores(*predicted) for name, predicted in self.predicted.items()}

    def figures_of(self, labels: TrainingLabels) -> LabelSourceFigures:
        """The figures of the classifiers trained on these labels; their `worth` is left empty."""
        blank = LabelSourceFigures(
            labels.name, labels.kind, labels.title, labels.annotator, 0.0, 0.0, None,
            share=labels.share, threshold=labels.threshold, same_as=labels.same_as, not_run=labels.not_run,
        )  # fmt: skip
        if labels.codes:
            blank = replace(
                blank,
                num_labels=labels.num_labels(),
                num_human=labels.num_human(),
                label_accuracy=training_agreement(labels, self.train),
            )
        trained = labels.same_as or labels.name
        if labels.not_run or trained not in self.figures:
            return blank
        rows, seeds, draws = len(self.test), len(self.seeds), self.figures[trained]
        return replace(
            blank,
            figures={metric: trainings.share(values, rows, seeds) for metric, values in draws.items()},
            per_seed={metric: values[0].tolist() for metric, values in self.scores[trained].items()},
            relative=self._relative(trained),
            against_human={} if labels.name == HUMAN else self.differences(HUMAN, trained),
            **self._language_figures(trained),
        )

    def with_worth(self, sources: Sequence[LabelSourceFigures]) -> list[LabelSourceFigures]:
        """`sources`, those with labels by a model with the number of human labels that teach as well."""
        curve = [source for source in sources if source.kind in ("human_share", "human") and source.figures]
        by_size = {round(source.num_labels): source for source in curve}
        sizes = sorted(by_size)
        if len(sizes) < 2:
            return list(sources)
        lines = np.stack([self._primary(by_size[size]) for size in sizes], axis=1)
        return [
            replace(source, worth=worth(sizes, lines, self._primary(source)))
            if source.kind in ("model", "filtered", "cleaned", "mixture") and source.figures
            else source
            for source in sources
        ]

    def differences(self, first: str, second: str) -> dict[str, trainings.Difference]:
        """First minus second by metric, both trained under these names."""
        if first not in self.figures or second not in self.figures:
            return {}
        return {
            metric: trainings.difference(draws, self.figures[second][metric], len(self.test), len(self.seeds))
            for metric, draws in self.figures[first].items()
        }

    def comparisons(self, sources: Sequence[LabelSourceFigures]) -> list[Comparison]:
        """The comparisons about each annotator's labels, beside that of human and model labels."""
        comparisons = []
        for name in dict.fromkeys(source.annotator for source in sources if source.annotator):
            for question, first_kind, second_kind in QUESTIONS:
                for first in (s for s in sources if s.kind == first_kind and s.annotator == name):
                    second = _partner(sources, first, second_kind, name)
                    if second is not None and first.figures and second.figures:
                        names = (first.same_as or first.name, second.same_as or second.name)
                        differences = self.differences(*names)
                        comparisons.append(Comparison(question, first.name, second.name, differences))
        return comparisons

    def _relative(self, name: str) -> Estimate | None:
        """The figure over that of the classifiers taught by people, for tasks that are reported so."""
        if not self.task.relative or HUMAN not in self.figures:
            return None
        model, human = (self.figures[labels][self.primary] for labels in (name, HUMAN))
        return trainings.ratio(model, human, len(self.test), len(self.seeds))

    def _primary(self, source: LabelSourceFigures) -> Floats:
        return self.figures[source.same_as or source.name][self.primary]

    def _scores(self, predicted: Codes, chances: Floats) -> dict[str, Floats]:
        """Every metric's score under every draw `(draws, seeds)`."""
        space, truth = self.test.space, self.test.human
        true_marks, marks = space.marks(truth), space.marks(predicted)
        positive = self.task.positive
        ranked = [space.labels.index(positive)] if positive else list(range(len(space.labels)))
        several = {EXACT: trainings.accuracies(truth, predicted, self.draws)} if space.several else {}
        return {
            self.primary: trainings.ratios(*space.agreement(truth, predicted), self.draws),
            MACRO_F1: trainings.macro_f1s(true_marks, marks, self.draws),
            **several,
            AUROC: trainings.aurocs(true_marks, chances, ranked, self.draws),
        }

    def _language_figures(self, name: str) -> dict[str, Any]:
        """The primary metric by language, and English minus each other one: a picture that is there in both
        is drawn for both."""
        part, whole = self.test.space.agreement(self.test.human, self.predicted[name][0])
        rows, seeds, drawn = Counter(self.test.languages), len(self.seeds), {}
        for code, here in by_language(self.test).items():
            weights = trainings.Draws(self.draws.rows[:, here], self.draws.seeds)
            scores = trainings.ratios(part[:, here], whole[:, here], weights)
            drawn[code] = trainings.mean_over_seeds(scores, self.draws)
        others = [code for code in drawn if code != "en" and "en" in drawn]
        return {
            "by_language": {code: trainings.share(one, rows[code], seeds) for code, one in drawn.items()},
            "english_minus": {
                code: trainings.difference(drawn["en"], drawn[code], rows[code], seeds) for code in others
            },
        }


def _partner(
    sources: Sequence[LabelSourceFigures], first: LabelSourceFigures, kind: str, annotator: str
) -> LabelSourceFigures | None:
    """The source to set `first` against: the annotator's of that kind, or human ones of the same share."""
    of_kind = (source for source in sources if source.kind == kind)
    if kind == "human_share":
        return next((source for source in of_kind if source.share == first.share), None)
    return next((source for source in of_kind if source.annotator == annotator), None)
