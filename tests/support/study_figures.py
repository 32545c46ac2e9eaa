"""Label studies from figures written in a test."""

from __future__ import annotations

from typing import Any

import numpy as np

from actors.prompts.task import Task
from pipelines.metrics.coverage import CoveragePoint
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.intervals.trainings import Difference
from pipelines.metrics.worth import Worth
from pipelines.reports.label_study.figures import (
    ACCURACY,
    AUROC,
    AnnotatorFigures,
    LabelSourceFigures,
    SplitCounts,
    StudyFigures,
)

TASK = Task("pets", "Cat or dog?", ("cat", "<b>dog"), "{document}", positive="<b>dog")


def about(value: float, half: float = 0.02) -> Estimate:
    """A figure with an interval of `half` on both sides."""
    return Estimate(value, value - half, value + half, 400)


def source(
    name: str, kind: str, value: float, *, difference: float | None = None, p: float = 0.001, **fields: Any
) -> LabelSourceFigures:
    """A source whose classifiers reach `value`; human labels reach `difference` more."""
    against = {} if difference is None else {ACCURACY: Difference(about(difference, 0.03), p)}
    figures = {ACCURACY: about(value), AUROC: about(value + 0.05)}
    filled = {
        "num_labels": 300.0, "num_human": 300.0 if kind == "human" else 0.0,
        "label_accuracy": wilson(210, 300), "figures": figures, "per_seed": {ACCURACY: [value] * 3},
        "against_human": against,
    } | fields  # fmt: skip
    return LabelSourceFigures(name, kind, name, None if "human" in kind else "robot", **filled)


def study(
    *sources: LabelSourceFigures,
    task: Task = TASK,
    majority: float = 0.5,
    seeds: tuple[int, ...] = (0, 1, 2),
    **fields: Any,
) -> StudyFigures:
    """A study of these sources with one annotator, who answered 280 of 300 rows."""
    counts = np.array([[120, 20, 10], [50, 90, 10]])
    points = [CoveragePoint(0.9, 0.5, wilson(120, 140)), CoveragePoint(0.6, 0.93, wilson(210, 280))]
    robot = AnnotatorFigures(
        "robot", "rank", "run", 300, wilson(280, 300), wilson(210, 280), counts, points,
        {"unanswered_unparsed": 20}, {}, 60.0,
    )  # fmt: skip
    split = SplitCounts(400, dict.fromkeys(task.labels, 200), {"no_human_label": 3})
    filled = {
        "settings": {"classifier": {"preset": "mmf"}, "cleaning": "confident learning", "models": "paper"},
        "groups": 400, "majority": about(majority), "annotators": [robot], "comparisons": [],
    } | fields  # fmt: skip
    named = {"train": split, "dev": split, "test": split}
    return StudyFigures(task, named, seeds=list(seeds), sources=list(sources), **filled)


HUMAN = source("human", "human", 0.84)
WORTH = Worth(80.0, 45.0, None, 30, 300)
