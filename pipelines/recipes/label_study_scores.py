"""From predictions to the figures of a label study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.metrics.confusion import confusion_matrix
from pipelines.metrics.coverage import coverage_curve
from pipelines.metrics.estimate import Estimate
from pipelines.metrics.intervals import Floats, wilson
from pipelines.metrics.labels import NO_LABEL, Codes, accuracy_on_answered, answer_rate
from pipelines.metrics.trainings import (
    RESAMPLES,
    Difference,
    Draws,
    accuracies,
    aurocs,
    difference,
    draw,
    estimate,
    macro_f1s,
    mean_over_seeds,
    ratio,
)
from pipelines.metrics.worth import worth
from pipelines.recipes.label_study_rows import NO_LANGUAGE, Annotation, StudySplit
from pipelines.recipes.label_study_sources import HUMAN, LabelSource
from pipelines.reports.label_study_figures import (
    ACCURACY,
    AUROC,
    MACRO_F1,
    AnnotatorFigures,
    Comparison,
    SourceFigures,
    SplitCounts,
)

Predicted = Mapping[
    str, tuple[Codes, Floats]
]  # by source: labels (seeds, rows), chances (seeds, rows, labels)
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
    """The test rows, and what every source's classifiers predict for them."""

    task: Task
    test: StudySplit
    train: StudySplit
    predicted: Predicted
    seeds: Sequence[int]

    @cached_property
    def draws(self) -> Draws:
        """One set of draws for every figure, so that all of them are paired."""
        resamples = max(200, min(RESAMPLES, WEIGHTS_AT_ONCE // len(self.test)))
        return draw(self.test.groups, len(self.seeds), resamples=resamples)

    @cached_property
    def figures(self) -> Mapping[str, Mapping[str, Floats]]:
        """By source and metric: the figure under every draw."""
        return {
            name: {metric: mean_over_seeds(scores, self.draws) for metric, scores in metrics.items()}
            for name, metrics in self.scores.items()
        }

    @cached_property
    def scores(self) -> Mapping[str, Mapping[str, Floats]]:
        """By source and metric: the score under every draw `(draws, seeds)`, line 0 without drawing."""
        return {name: self._scores(*predicted) for name, predicted in self.predicted.items()}

    def source(self, source: LabelSource) -> SourceFigures:
        """The figures of one source, its worth aside."""
        blank = SourceFigures(
            source.name, source.kind, source.title, source.annotator, 0.0, 0.0, None,
            share=source.share, threshold=source.threshold, same_as=source.same_as, not_run=source.not_run,
        )  # fmt: skip
        if source.codes:
            blank = replace(
                blank,
                num_labels=source.num_labels(),
                num_human=source.num_human(),
                label_accuracy=self._label_accuracy(source),
            )
        trained = source.same_as or source.name
        if source.not_run or trained not in self.figures:
            return blank
        return replace(
            blank,
            figures={
                metric: estimate(values, len(self.test), len(self.seeds))
                for metric, values in self.figures[trained].items()
            },
            per_seed={
                metric: [float(x) for x in values[0]] for metric, values in self.scores[trained].items()
            },
            relative=self._relative(trained),
            against_human={} if source.name == HUMAN else self.differences(HUMAN, trained),
            by_language=self._by_language(trained),
            english_minus=self._english_minus(trained),
        )

    def with_worth(self, sources: Sequence[SourceFigures]) -> list[SourceFigures]:
        """The sources of models, each with the number of human labels that train as well."""
        curve = [source for source in sources if source.kind in ("human_share", "human") and source.figures]
        curve.sort(key=lambda source: source.num_labels)
        sizes = [round(source.num_labels) for source in curve]
        if len(set(sizes)) < max(2, len(sizes)):
            return list(sources)
        lines = np.stack([self._accuracy(source) for source in curve], axis=1)
        return [
            replace(source, worth=worth(sizes, lines, self._accuracy(source)))
            if source.kind in ("model", "filtered", "cleaned", "mixture") and source.figures
            else source
            for source in sources
        ]

    def differences(self, first: str, second: str) -> dict[str, Difference]:
        """First minus second by metric, both trained under these names."""
        if first not in self.figures or second not in self.figures:
            return {}
        return {
            metric: difference(values, self.figures[second][metric], len(self.test), len(self.seeds))
            for metric, values in self.figures[first].items()
        }

    def comparisons(self, sources: Sequence[SourceFigures]) -> list[Comparison]:
        """What the study asks about each annotator's labels beyond "human or model?"."""
        asked = []
        for name in dict.fromkeys(source.annotator for source in sources if source.annotator):
            for question, first_kind, second_kind in QUESTIONS:
                firsts = [s for s in sources if s.kind == first_kind and s.annotator == name]
                for first in firsts:
                    second = _partner(sources, first, second_kind, name)
                    if second is not None and first.figures and second.figures:
                        found = self.differences(first.same_as or first.name, second.same_as or second.name)
                        asked.append(Comparison(question, first.name, second.name, found))
        return asked

    def annotator(self, annotation: Annotation) -> AnnotatorFigures:
        """How the annotator's labels of the training rows agree with the human's."""
        human, codes = self.train.human, annotation.codes
        languages = {}
        for code in _languages(self.train):
            here = np.array(self.train.languages) == code
            languages[code] = (answer_rate(codes[here]), accuracy_on_answered(human[here], codes[here]))
        return AnnotatorFigures(
            annotation.name,
            annotation.mode,
            str(annotation.folder),
            len(self.train),
            answer_rate(codes),
            accuracy_on_answered(human, codes),
            confusion_matrix(human, codes, len(self.train.labels)),
            coverage_curve(human, codes, annotation.confidence),
            annotation.reasons,
            languages,
            annotation.seconds,
        )

    def majority(self) -> Estimate:
        """Accuracy on the test rows of always giving the commonest human label of the training rows."""
        commonest = int(np.bincount(self.train.human).argmax())
        return wilson(int((self.test.human == commonest).sum()), len(self.test))

    def _relative(self, name: str) -> Estimate | None:
        """Accuracy over that of the classifiers taught by people, for tasks that are reported so."""
        if not self.task.relative or HUMAN not in self.figures:
            return None
        model, human = (self.figures[taught][ACCURACY] for taught in (name, HUMAN))
        return ratio(model, human, len(self.test), len(self.seeds))

    def _accuracy(self, source: SourceFigures) -> Floats:
        return self.figures[source.same_as or source.name][ACCURACY]

    def _scores(self, predicted: Codes, chances: Floats) -> dict[str, Floats]:
        truth, num_labels = self.test.human, len(self.test.labels)
        positive = self.task.positive
        ranked = [self.test.labels.index(positive)] if positive else list(range(num_labels))
        return {
            ACCURACY: accuracies(truth, predicted, self.draws),
            MACRO_F1: macro_f1s(truth, predicted, num_labels, self.draws),
            AUROC: aurocs(truth, chances, ranked, self.draws),
        }

    def _label_accuracy(self, source: LabelSource) -> Estimate:
        pairs = [
            (codes[codes != NO_LABEL], self.train.human[codes != NO_LABEL]) for codes in source.codes.values()
        ]
        right = np.mean([(given == human).sum() for given, human in pairs])
        return wilson(round(float(right)), round(source.num_labels()))

    def _by_language(self, name: str) -> dict[str, Estimate]:
        rows = Counter(self.test.languages)
        return {
            code: estimate(figures, rows[code], len(self.seeds))
            for code, figures in self._language_figures(name).items()
        }

    def _english_minus(self, name: str) -> dict[str, Difference]:
        """English minus each other language: a picture that is there in both is drawn for both."""
        figures, rows = self._language_figures(name), Counter(self.test.languages)
        if "en" not in figures:
            return {}
        return {
            code: difference(figures["en"], others, rows[code], len(self.seeds))
            for code, others in figures.items()
            if code != "en"
        }

    def _language_figures(self, name: str) -> dict[str, Floats]:
        """Accuracy under every draw, by language."""
        found = {}
        right = self.predicted[name][0] == self.test.human
        for code in _languages(self.test):
            here = np.array(self.test.languages) == code
            weights = Draws(self.draws.rows[:, here], self.draws.seeds)
            scores = accuracies(np.ones(int(here.sum()), np.int32), right[:, here].astype(np.int32), weights)
            found[code] = mean_over_seeds(scores, self.draws)
        return found


def split_counts(manifest: Manifest, rows: StudySplit) -> SplitCounts:
    """What a split holds and what of it cannot be used."""
    by_label = Counter(rows.labels[code] for code in rows.human)
    left_out = Counter({**manifest.reasons["dropped"]}) + Counter(manifest.reasons["failed"])
    if rows.foreign:
        left_out["label_not_in_task"] = rows.foreign
    return SplitCounts(len(rows), {label: by_label[label] for label in rows.labels}, dict(left_out))


def _partner(
    sources: Sequence[SourceFigures], first: SourceFigures, kind: str, annotator: str
) -> SourceFigures | None:
    """The source that `first` is held against: the annotator's, or the human labels of the same share."""
    for source in sources:
        if source.kind == kind == "human_share" and source.share == first.share:
            return source
        if source.kind == kind != "human_share" and source.annotator == annotator:
            return source
    return None


def _languages(rows: StudySplit) -> list[str]:
    """Language codes that occur, English first; none where the rows are all of one."""
    found = sorted({code for code in rows.languages if code != NO_LANGUAGE}, key=lambda c: (c != "en", c))
    return found if len(found) > 1 else []
