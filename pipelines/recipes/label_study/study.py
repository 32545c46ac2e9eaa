"""One label study: its task, its rows, who labels them, what is trained, and where all of it is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.prompts.task import Task
from pipelines.metrics.label_space import LabelSpace
from pipelines.recipes.annotate import Labelling
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags, StudyRunFlags, folder_name
from pipelines.recipes.label_study.grid import Grid, Trainer, mmbt_grid
from pipelines.recipes.label_study.splits import SplitFlags, Splits, StudyRows
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source


@dataclass(frozen=True)
class LabelStudy:
    """One study: every step writes under `out` and finds itself done when run again."""

    task: Task
    out: Path
    source: SourceChoice = field(default_factory=SourceChoice)
    splits: SplitFlags = field(default_factory=SplitFlags)
    labels: LabelFlags = field(default_factory=LabelFlags)
    classifiers: ClassifierFlags = field(default_factory=ClassifierFlags)
    flags: StudyRunFlags = field(default_factory=StudyRunFlags)
    trainer: Trainer = mmbt_grid

    @cached_property
    def space(self) -> LabelSpace:
        """The answers that a row may have."""
        return LabelSpace.of(self.task)

    @property
    def rows(self) -> StudyRows:
        """Where the rows come from."""
        return StudyRows(self.task, self.source, self.splits)

    @property
    def seeds(self) -> range:
        """The seeds of the trainings."""
        return range(self.classifiers.seeds)

    def settings(self) -> dict[str, Any]:
        """The trainer's settings by name."""
        return self.classifiers.settings(self.task, self.labels.models)

    def annotators(self) -> list[tuple[str, Path]]:
        """Name and folder of every annotator's run: those that were given, and this study's own."""
        finished = [(folder_name(folder.name), folder) for folder in self.labels.labelled]
        own = [(folder_name(name), self.own_run(name)) for name in self.labels.names(self.task)]
        return finished + own

    def own_run(self, annotator: str) -> Path:
        """The folder of the run in which this study itself has an annotator label the training rows."""
        return self.out / "labelled" / folder_name(annotator)

    def labelling(self, annotator: str, rows: Source) -> Labelling:
        """The annotation of rows by one annotator."""
        return Labelling(
            self.task,
            rows,
            self.labels.ask(annotator),
            self.labels.params,
            self.labels.engine_options,
            self.labels.pool,
        )

    def grid(self, name: str, splits: Splits) -> Grid:
        """The trainings in the folder of that name."""
        return Grid(
            self.out / name,
            splits.train,
            splits.dev,
            splits.test,
            self.settings(),
            self.trainer,
            self.classifiers.trainings_at_once,
        )
