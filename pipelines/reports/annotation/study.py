"""Runs grouped by task, scored once and compared pair by pair; every section of the page reads from here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from actors.prompts.task import Task
from pipelines.metrics.auroc import auroc, macro_auroc
from pipelines.metrics.confusion import confusion_matrix, macro_f1, micro_f1
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.paired import Agreement, Paired, agreement, paired_difference
from pipelines.metrics.intervals.proportions import Counts, wilson
from pipelines.metrics.labels import NO_LABEL, accuracy_on_all, accuracy_on_answered, answer_rate
from pipelines.reports.annotation.baseline import Relative, relative_scores
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.page.wording import MODES


@dataclass(frozen=True)
class Scores:
    """A run's figures, each with its interval. `auroc_from` says which scores the AUROC ranks."""

    answer_rate: Estimate
    on_answered: Estimate
    on_all: Estimate
    macro_f1: Estimate
    micro_f1: Estimate
    auroc: Estimate
    auroc_from: str
    confusion: Counts


@dataclass(frozen=True)
class Entry:
    """A run under the title that sets it apart from the others of its task; `number` counts from 0."""

    run: LabelRun
    title: str
    number: int
    scores: Scores
    relative: Relative | None


@dataclass(frozen=True)
class Pair:
    """Two runs on the rows that are in both tables; differences are first minus second.

    `accuracy` is over the `scored` of the `rows` they share, unanswered counted wrong.
    """

    first: Entry
    second: Entry
    rows: int
    scored: int
    accuracy: Paired
    answered: Paired
    agreement: Agreement

    def turned(self) -> Pair:
        """The same two runs, second against first."""
        accuracy, answered = self.accuracy.turned(), self.answered.turned()
        return replace(self, first=self.second, second=self.first, accuracy=accuracy, answered=answered)


@dataclass(frozen=True)
class TaskStudy:
    """All runs of one task. `majority` is how often the most frequent human label is right."""

    task: Task
    entries: list[Entry]
    pairs: list[Pair]
    majority_label: str | None
    majority: Estimate

    @property
    def auroc_of(self) -> str:
        """The classes that the AUROC separates, in words."""
        if self.task.positive is None and len(self.task.labels) > 2:
            return "one label against the rest, mean over labels"
        return f"“{self.task.positive or self.task.labels[1]}” against the rest"


def task_studies(runs: Sequence[LabelRun]) -> list[TaskStudy]:
    """One study per task, in the order in which the runs name them."""
    groups: dict[tuple[str, tuple[str, ...]], list[LabelRun]] = {}
    for run in runs:
        groups.setdefault((run.task.name, tuple(run.task.labels)), []).append(run)
    return [_study(group) for group in groups.values()]


def score(run: LabelRun) -> Scores:
    """All figures of one run."""
    confusion = confusion_matrix(run.truth, run.predicted, len(run.task.labels))
    area, ranked = _auroc(run)
    return Scores(
        answer_rate=answer_rate(run.predicted),
        on_answered=accuracy_on_answered(run.truth, run.predicted),
        on_all=accuracy_on_all(run.truth, run.predicted),
        macro_f1=macro_f1(confusion),
        micro_f1=micro_f1(confusion),
        auroc=area,
        auroc_from=ranked,
        confusion=confusion,
    )


def titles(runs: Sequence[LabelRun]) -> list[str]:
    """A short name per run: the annotator, and only as much more as tells it from the others."""
    several_modes = len({run.mode for run in runs}) > 1
    seeing = {run.annotator for run in runs if run.use_images}
    names = [" · ".join(_name_parts(run, several_modes, seeing)) for run in runs]
    alike = Counter(names)
    return [
        name if alike[name] == 1 else f"{name} ({run.manifest.path.name})"
        for name, run in zip(names, runs, strict=True)
    ]


def _name_parts(run: LabelRun, several_modes: bool, seeing: Collection[str]) -> list[str]:
    parts = [run.annotator]
    if several_modes:
        parts.append(MODES.get(run.mode, run.mode))
    if run.annotator in seeing:
        parts.append("with picture" if run.use_images else "no picture")
    shown = run.manifest.config.get("examples")
    return [*parts, f"{shown} examples"] if shown else parts


def _study(runs: Sequence[LabelRun]) -> TaskStudy:
    task = runs[0].task
    entries = [
        Entry(run, title, number, score(run), relative_scores(run))
        for number, (run, title) in enumerate(zip(runs, titles(runs), strict=True))
    ]
    truth = np.concatenate([run.truth for run in runs])
    humans = np.bincount(truth[truth != NO_LABEL], minlength=len(task.labels))
    largest = int(humans.argmax())
    return TaskStudy(
        task=task,
        entries=entries,
        pairs=[_pair(first, second) for first, second in combinations(entries, 2)],
        majority_label=task.labels[largest] if humans.any() else None,
        majority=wilson(int(humans[largest]), int(humans.sum())),
    )


def _pair(first: Entry, second: Entry) -> Pair:
    here, there = first.run.positions(second.run)
    ours, theirs = first.run.predicted[here], second.run.predicted[there]
    truth = first.run.truth[here]
    scored = truth != NO_LABEL
    return Pair(
        first=first,
        second=second,
        rows=len(here),
        scored=int(scored.sum()),
        accuracy=paired_difference((ours == truth)[scored], (theirs == truth)[scored]),
        answered=paired_difference(ours != NO_LABEL, theirs != NO_LABEL),
        agreement=agreement(ours, theirs, len(first.run.task.labels)),
    )


def _auroc(run: LabelRun) -> tuple[Estimate, str]:
    """AUROC over answered rows: of the positive label (one against the other of two is the same figure),
    or the mean over labels of one against the rest."""
    rows = (run.truth != NO_LABEL) & (run.predicted != NO_LABEL)
    rankings, ranked = _rankings(run, rows)
    truth, labels = run.truth[rows], run.task.labels
    if run.task.positive is None and len(labels) > 2:
        return macro_auroc(rankings, truth), ranked
    positive = labels.index(run.task.positive) if run.task.positive else 1
    return auroc(rankings[:, positive], truth == positive), ranked


def _rankings(run: LabelRun, rows: NDArray[np.bool_]) -> tuple[NDArray[np.float64], str]:
    """What ranks rows for each label, shape `(rows, labels)`, higher = likelier, and where it comes from.

    Where only the label given has a confidence, surer rows come first for that label and last for the
    others. That needs no calibration: the probability of a label's words may be tiny and still rank rows.
    """
    num_labels = len(run.task.labels)
    scores = run.table["label_scores"].filter(rows).combine_chunks()
    flat = np.asarray(scores.flatten(), dtype=np.float64)
    if len(scores) and scores.null_count == 0 and len(flat) == len(scores) * num_labels:
        logits = flat.reshape(-1, num_labels)
        likelihood = np.exp(logits - logits.max(axis=1, keepdims=True))
        return likelihood / likelihood.sum(axis=1, keepdims=True), "from all scores"
    sureness, ranked = run.confidence[rows], "from the confidence"
    if np.isnan(sureness).any() or not len(sureness):
        sureness, ranked = np.ones(len(sureness)), "from the labels alone"
    rankings = np.repeat(-sureness[:, None], num_labels, axis=1)
    rankings[np.arange(len(sureness)), run.predicted[rows]] = sureness
    return rankings, ranked
