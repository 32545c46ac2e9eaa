"""One label study: its task, its rows, who labels them, what is trained, and where all of it is written."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from actors.prompts.task import Task
from pipelines.engine.preflight import check_writable
from pipelines.manifest import MANIFEST, write_json
from pipelines.metrics.label_space import LabelSpace
from pipelines.recipes.annotate import Labelling
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags, StudyRunFlags, folder_name
from pipelines.recipes.label_study.grid import Grid, Trainer, mmbt_grid
from pipelines.recipes.label_study.rows import check_answers
from pipelines.recipes.label_study.splits import SplitFlags, Splits, StudyRows
from pipelines.recipes.label_study.training_labels import HUMAN
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
        labels = self.labels
        ask = labels.ask(annotator)
        return Labelling(self.task, rows, ask, labels.params, labels.engine_options, labels.pool)

    def grid(self, name: str, splits: Splits) -> Grid:
        """The trainings in the folder of that name."""
        at_once = self.classifiers.trainings_at_once
        return Grid(self.out / name, splits, self.settings(), self.trainer, at_once)


# Ends of the names that LabelMaker and fold_name give to labels made from an annotator's.
DERIVED = re.compile(r"-(rows|cleaned|top[\d.]+|mix[\d.]+|[\d.]+pct|fold\d+)$")  # -top50


def check_study(study: LabelStudy) -> None:
    """Raises ValueError for the first thing that would stop the study: shares, names, given labels, splits,
    annotators, the trainer's settings, the folder."""
    study.classifiers.check()
    _check_names([name for name, _ in study.annotators()])
    for folder in study.labels.labelled:
        check_answers(folder, study.space)
    _check_used(study)
    source, _ = study.rows.sources()["train"]
    for name in study.labels.names(study.task):
        if not (study.own_run(name) / MANIFEST).is_file():
            study.labelling(name, source).annotator().check()
    if not _trained(study):
        _check_settings(study)
    check_writable(study.out)


def _check_names(names: list[str]) -> None:
    if HUMAN in names or len(set(names)) < len(names):
        raise ValueError(f"annotators go by {names}; name them apart, and none {HUMAN!r}, with NAME=FOLDER")
    derived = [name for name in names if DERIVED.search(name)]
    if derived:
        raise ValueError(
            f"annotators go by {derived}, as labels made from another's do; name them otherwise, with "
            "NAME=FOLDER or by renaming the run's folder"
        )
    if not names:
        raise ValueError("nobody labels; give --annotator or --labelled")


def _check_used(study: LabelStudy) -> None:
    """Refuses flags about labelling where nobody labels."""
    if study.labels.names(study.task):
        return
    standard = LabelFlags()
    for name in ("mode", "engine", "images", "set_ranking", "params", "engine_options", "pool"):
        if getattr(study.labels, name) != getattr(standard, name):
            raise ValueError(
                f"{name.replace('_', ' ')} was set for annotators, and nobody labels: --labelled gives all "
                "labels; leave it out, or name somebody with --annotator"
            )


def _trained(study: LabelStudy) -> bool:
    """Whether every training that an earlier start asked for is finished, with these settings, so that no
    model is needed."""
    files = [file for name in ("trainings", "folds-*") for file in study.out.glob(f"{name}/grid.json")]
    grids = {file: json.loads(file.read_text(encoding="utf-8")) for file in files}
    trained = [
        file.parent / "trained" / run["name"] / f"seed-{run['seed']}" / "training.json"
        for file, grid in grids.items()
        for run in grid["runs"]
    ]
    same = all(grid["settings"] == study.settings() for grid in grids.values())
    return same and (study.out / "study.json").is_file() and all(file.is_file() for file in trained)


def _check_settings(study: LabelStudy) -> None:
    """Asks the trainer, so that a misspelt --training does not wait for the labels."""
    with tempfile.TemporaryDirectory(prefix="etiquette-check-") as folder:
        grid = {"settings": study.settings(), "classes": list(study.task.labels)}
        file = write_json(Path(folder) / "grid.json", grid)
        study.trainer(file, Path(folder), study.classifiers.trainings_at_once, check=True)
