"""Everything a label study found, as the page shows it and `study.json` holds it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from actors.prompts.task import Task
from pipelines.manifest import write_json
from pipelines.metrics.coverage import CoveragePoint
from pipelines.metrics.estimate import Estimate
from pipelines.metrics.intervals import Counts
from pipelines.metrics.trainings import Difference
from pipelines.metrics.worth import Worth

FORMAT = 1
ACCURACY, MACRO_F1, AUROC = "accuracy", "macro_f1", "auroc"
METRIC_NAMES: Mapping[str, str] = {ACCURACY: "Accuracy", MACRO_F1: "Macro F1", AUROC: "AUROC"}


@dataclass(frozen=True)
class SourceFigures:
    """One label source: how many labels, how good they are, and the classifiers trained on it.

    `figures` are means over the seeds by metric, `per_seed` the single trainings; both empty where
    `not_run` says why. `against_human` is human labels minus this source, `english_minus` accuracy in English
    minus that in each other language, paired by picture. `label_accuracy` is the share of its labels that are
    the human's. `relative` is accuracy over that of human labels, for tasks that are reported so.
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
    """What one annotator made of the training rows. `confusion` is human label by answer, the unanswered
    in the last column; the languages hold answer rate and accuracy of the answers."""

    name: str
    mode: str
    folder: str
    rows: int
    answer_rate: Estimate
    accuracy: Estimate
    confusion: Counts
    coverage: list[CoveragePoint]
    reasons: Mapping[str, int]
    languages: Mapping[str, tuple[Estimate, Estimate]]
    seconds: float


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
    """A whole study."""

    task: Task
    splits: Mapping[str, SplitCounts]
    settings: Mapping[str, Any]
    seeds: list[int]
    groups: int
    majority: Estimate
    sources: list[SourceFigures]
    annotators: list[AnnotatorFigures]
    comparisons: list[Comparison]

    def source(self, name: str) -> SourceFigures:
        """The source of that name."""
        return next(source for source in self.sources if source.name == name)

    def of_kind(self, kind: str, annotator: str | None = None) -> list[SourceFigures]:
        """The sources of a kind, of one annotator where one is named."""
        return [
            source for source in self.sources if source.kind == kind and annotator in (None, source.annotator)
        ]

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
    """What stands for NaN, such as the AUROC of one class: JSON has no word for it."""


def _plain(value: Any) -> Any:
    """Arrays as lists, paths as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
