"""All figures of a label study, as the page shows them and `study.json` holds them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actors.prompts.task import Task
from pipelines.manifest import write_json
from pipelines.metrics.coverage import CoveragePoint
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Counts
from pipelines.metrics.intervals.trainings import Difference
from pipelines.metrics.worth import Worth

FORMAT = 1
ACCURACY, MICRO_F1, MACRO_F1, EXACT, AUROC = "accuracy", "micro_f1", "macro_f1", "exact_match", "auroc"
METRIC_NAMES: Mapping[str, str] = {
    ACCURACY: "Accuracy", MICRO_F1: "Micro F1", MACRO_F1: "Macro F1", EXACT: "All labels right",
    AUROC: "AUROC",
}  # fmt: skip


def primary_metric(task: Task) -> str:
    """The metric that decides a study of the task: accuracy, with several labels per row micro F1."""
    return MICRO_F1 if task.multi_label else ACCURACY


@dataclass(frozen=True)
class LabelSourceFigures:
    """One label source: how many labels, how good they are, and the classifiers trained on it.

    `figures` are means over the seeds by metric, `per_seed` the single trainings; both empty where
    `not_run` says why. `against_human` is human labels minus this source. By the primary metric are
    `by_language`, `english_minus` (English minus each other language, paired by picture), `relative` (over
    that of human labels), `worth`, and `label_accuracy`, which judges the labels themselves.
    """

    name: str
    kind: str
    title: str
    annotator: str | None
    num_labels: float
    num_human: float
    label_accuracy: Estimate | None
    figures: Mapping[str, Estimate] = field(default_factory=dict)
    per_seed: Mapping[str, list[float]] = field(default_factory=dict)
    against_human: Mapping[str, Difference] = field(default_factory=dict)
    by_language: Mapping[str, Estimate] = field(default_factory=dict)
    english_minus: Mapping[str, Difference] = field(default_factory=dict)
    share: float | None = None
    threshold: float | None = None
    same_as: str = ""
    not_run: str = ""
    worth: Worth | None = None
    relative: Estimate | None = None


@dataclass(frozen=True)
class AnnotatorFigures:
    """One annotator's labels of the training rows, in figures.

    `confusion` is human label by answer, the unanswered in the last column; with several labels per row it is
    None and `decisions` holds rows by label, human yes or no, and answer (no, yes, none). `accuracy` is the
    primary metric of the answers; the languages hold answer rate and accuracy.
    """

    name: str
    mode: str
    folder: str
    rows: int
    answer_rate: Estimate
    accuracy: Estimate
    confusion: Counts | None
    coverage: list[CoveragePoint]
    reasons: Mapping[str, int]
    languages: Mapping[str, tuple[Estimate, Estimate]]
    seconds: float
    decisions: Counts | None = None


@dataclass(frozen=True)
class Comparison:
    """Two sources under the same seeds and test rows: first minus second by metric."""

    question: str
    first: str
    second: str
    differences: Mapping[str, Difference]


@dataclass(frozen=True)
class SplitCounts:
    """Rows of one split: usable ones, by human label, and what was left out with the reason."""

    rows: int
    by_label: Mapping[str, int]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class StudyFigures:
    """A whole study; `majority` is what always giving one answer scores by the primary metric."""

    task: Task
    splits: Mapping[str, SplitCounts]
    settings: Mapping[str, Any]
    seeds: list[int]
    groups: int
    majority: Estimate
    sources: list[LabelSourceFigures]
    annotators: list[AnnotatorFigures]
    comparisons: list[Comparison]

    def label_source(self, name: str) -> LabelSourceFigures:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)

    def of_kind(self, kind: str, annotator: str | None = None) -> list[LabelSourceFigures]:
        """The sources of a kind, of one annotator where one is named."""
        return [
            source for source in self.sources if source.kind == kind and annotator in (None, source.annotator)
        ]

    @property
    def primary(self) -> str:
        """The metric that the study judges by."""
        return primary_metric(self.task)

    @property
    def measure(self) -> str:
        """The primary metric's name within a sentence: `accuracy`, `micro F1`."""
        name = METRIC_NAMES[self.primary]
        return name[0].lower() + name[1:]

    @property
    def pocket(self) -> bool:
        """Whether the classifier is the pocket one."""
        return self.settings.get("classifier", {}).get("preset") == "pocket"

    def write(self, file: Path, *, verdicts: Mapping[str, str]) -> Path:
        """Writes all of it as JSON, with each annotator's verdict in words."""
        whole = {"format": FORMAT, "verdicts": dict(verdicts)} | asdict(self)
        plain: dict[str, Any] = json.loads(json.dumps(whole, default=_plain), parse_constant=_undefined)
        return write_json(file, plain)


def _undefined(name: str) -> None:
    """None in the place of NaN, such as the AUROC of one class, which JSON has no word for."""


def _plain(value: Any) -> Any:
    """Arrays as lists, paths as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
