"""`label-study`: the same classifier on labels by people and by models, judged by people (paper A §4.3)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from numpy.typing import NDArray

from actors.prompts.task import Task, load_task
from pipelines.command_line.paths import absolute_paths
from pipelines.engine.progress import duration
from pipelines.engine.run import RunOptions, fresh_folder
from pipelines.metrics.label_space import LabelSpace
from pipelines.recipes.annotate import Labelling
from pipelines.recipes.flags import Flat
from pipelines.recipes.label_study.agreement import annotator_figures, constant_answer, split_counts
from pipelines.recipes.label_study.cleaning import (
    by_classifier,
    by_text_model,
    fold_runs,
    texts_of,
    why_not,
    write_unseen,
)
from pipelines.recipes.label_study.flags import ClassifierFlags, LabelFlags, folder_name
from pipelines.recipes.label_study.grid import Grid, Trainer, mmbt_grid, runs_of
from pipelines.recipes.label_study.preflight import check_study
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.scores import Scoring
from pipelines.recipes.label_study.sources import Bools, LabelSource, SourceMaker, without_doubles
from pipelines.recipes.label_study.splits import SplitFlags, Splits, StudyRows
from pipelines.reports.label_study.figures import StudyFigures
from pipelines.reports.label_study.verdict import verdicts
from pipelines.sources.choice import SourceChoice
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)
SPLIT_SEED = 0


@dataclass(frozen=True)
class StudyRunFlags:
    """How the study goes."""

    max_failed: float = 0.01
    """Stop labelling when more than this share of the rows failed (one row may always fail)."""
    address: str | None = None
    """Ray cluster to label on; the trainings use RAY_ADDRESS, else a private Ray on this machine."""
    fresh: bool = False
    """Begin again in a new folder beside --out."""
    plan: bool = False
    """Time a sample of the labelling, print steps, rows and trainings, and stop."""
    json: bool = False
    """With --plan: print JSON."""


@absolute_paths
def label_study(
    task: Annotated[str, tyro.conf.Positional],
    /,
    *,
    out: Path,
    source: SourceChoice = SourceChoice(),
    splits: Annotated[SplitFlags, Flat] = SplitFlags(),
    labels: Annotated[LabelFlags, Flat] = LabelFlags(),
    classifiers: Annotated[ClassifierFlags, Flat] = ClassifierFlags(),
    run: Annotated[StudyRunFlags, Flat] = StudyRunFlags(),
) -> None:
    """Trains the same classifier on human labels and on models' labels, and says which are good enough.

    Models label the training split; the test split keeps its human labels. The page says how far the labels
    agree, what training on each is worth, and how sure that is. The same command goes on where it stopped.

    Args:
        task: A shipped task (`list` shows them) or the path of your own task file.
        out: Folder for rows, labels, trainings, study.json and report.html.
    """
    folder = fresh_folder(out) if run.fresh else out
    study = LabelStudy(load_task(task), folder, source, splits, labels, classifiers, run)
    if run.plan:
        from pipelines.recipes.label_study.plan import plan_study, print_study_plan

        plan = plan_study(study)
        print(json.dumps(plan.as_json(), indent=1)) if run.json else print_study_plan(plan)
        return
    start = time.perf_counter()
    figures = study.run()
    page = study.write(figures)
    from pipelines.recipes.label_study.summary import print_study

    print_study(figures)
    print(f"{duration(time.perf_counter() - start)} in all; the report: {page.resolve()}")


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

    def run(self) -> StudyFigures:
        """All figures, after every step that is not done yet.

        Raises:
            ValueError: a flag or the data do not fit.
            StageCrashed: labelling or training stopped.
        """
        self.check()
        splits = self.rows.write(self.out / "rows")
        rows = {name: StudySplit.read(part, self.space) for name, part in splits.named().items()}
        annotations = self._annotations(splits, rows["train"])
        sources = self._sources(splits, rows["train"], annotations)
        grid = self._grid("trainings", splits)
        grid.run(runs_of(sources), rows["train"])
        return self._figures(splits, rows, annotations, sources)

    def check(self) -> None:
        """Preflight: raises ValueError for the first thing that would go wrong later."""
        check_study(self)

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
        """The trainer's settings."""
        return self.classifiers.settings(self.task, self.labels.models)

    def annotators(self) -> list[tuple[str, Path | None]]:
        """Name and finished run of every annotator; None for those this study asks itself."""
        given = [(folder_name(folder.name), folder) for folder in self.labels.labelled]
        return [*given, *((folder_name(name), None) for name in self.labels.names(self.task))]

    def labelling(self, annotator: str, splits: Splits) -> Labelling:
        """The annotation of the training rows by one annotator."""
        return self.labelling_of(annotator, ManifestRows(splits.train.path))

    def labelling_of(self, annotator: str, rows: Source) -> Labelling:
        """The annotation of any rows by one annotator."""
        asked = self.labels
        return Labelling(
            self.task, rows, asked.ask(annotator), asked.params, asked.engine_options, asked.pool
        )

    def write(self, figures: StudyFigures) -> Path:
        """The page, after `study.json`."""
        from pipelines.reports.label_study.page import write_page

        figures.write(
            self.out / "study.json", verdicts={item.annotator: item.words for item in verdicts(figures)}
        )
        return write_page(figures, self.out / "report.html")

    def _annotations(self, splits: Splits, train: StudySplit) -> list[Annotation]:
        for name in self.labels.names(self.task):
            logger.info("%s labels %d training rows", name, len(train))
            run = RunOptions(max_failed=self.flags.max_failed, address=self.flags.address)
            self.labelling(name, splits).run(self.out / "labelled" / folder_name(name), run)
        return [
            Annotation.read(name, folder or self.out / "labelled" / name, train)
            for name, folder in self.annotators()
        ]

    def _sources(self, splits: Splits, train: StudySplit, annotations: list[Annotation]) -> list[LabelSource]:
        maker = SourceMaker(train, self.seeds, self.classifiers.recipe())
        human, *shares = maker.human()
        if human.not_run:
            raise ValueError(
                f"nothing can be learnt from the human labels of the training rows: {human.not_run}; take "
                "more rows (--train-rows) or another --train-split"
            )
        suspects = self._suspects(splits, train, annotations)
        of_models = [source for item in annotations for source in maker.of(item, suspects[item.name])]
        return without_doubles([human, *of_models, *shares])

    def _suspects(
        self, splits: Splits, train: StudySplit, annotations: list[Annotation]
    ) -> dict[str, Bools | str]:
        """Per annotator the labels to clean away, or why that is not done."""
        if self.classifiers.cleaning == "off":
            return {item.name: "cleaning was turned off (--cleaning off)" for item in annotations}
        folds = train.folds(SPLIT_SEED, self.classifiers.folds)
        refusals = {item.name: why_not(item, folds) for item in annotations}
        able = [item for item in annotations if not refusals[item.name]]
        found: dict[str, Bools | str] = {name: reason for name, reason in refusals.items() if reason}
        return found | self._found_suspects(splits, train, able, folds)

    def _found_suspects(
        self, splits: Splits, train: StudySplit, able: list[Annotation], folds: NDArray[np.int64]
    ) -> dict[str, Bools]:
        if not able:
            return {}
        if self.classifiers.cleaning == "text":
            texts = texts_of(splits.train, train)
            return {item.name: by_text_model(item, train, folds, texts) for item in able}
        name = f"folds-{self.classifiers.folds}"
        unseen = write_unseen(splits.train, self.out / name)
        grid = self._grid(name, Splits(splits.train, splits.dev, unseen))
        grid.run([run for item in able for run in fold_runs(item, folds)], train)
        return {item.name: by_classifier(item, train, folds, grid) for item in able}

    def _grid(self, name: str, splits: Splits) -> Grid:
        return Grid(
            self.out / name,
            splits.train,
            splits.dev,
            splits.test,
            self.settings(),
            self.trainer,
            self.classifiers.trainings_at_once,
        )

    def _figures(
        self,
        splits: Splits,
        rows: Mapping[str, StudySplit],
        annotations: list[Annotation],
        sources: list[LabelSource],
    ) -> StudyFigures:
        train, test = rows["train"], rows["test"]
        grid = self._grid("trainings", splits)
        predicted = {}
        for source in sources:
            if source.trained:
                each = [grid.predictions(source.name, seed, test) for seed in self.seeds]
                predicted[source.name] = (
                    np.stack([labels for labels, _ in each]),
                    np.stack([chances for _, chances in each]),
                )
        scoring = Scoring(self.task, test, train, predicted, self.seeds)
        scored = scoring.with_worth([scoring.source(source) for source in sources])
        counts = {name: split_counts(part, rows[name]) for name, part in splits.named().items()}
        return StudyFigures(
            self.task,
            counts,
            {"classifier": self.settings(), "cleaning": self._cleaning_words(), "models": self.labels.models},
            list(self.seeds),
            int(test.groups.max()) + 1,
            constant_answer(train, test),
            scored,
            [annotator_figures(item, train) for item in annotations],
            scoring.comparisons(scored),
        )

    def _cleaning_words(self) -> str:
        folds = self.classifiers.folds
        return {
            "classifier": f"confident learning (cleanlab); chances by this classifier in {folds}-fold "
            "cross-validation on the model's labels, one seed; suspected labels are not learnt from",
            "text": f"confident learning (cleanlab); chances by logistic regression on TF-IDF weights of the "
            f"texts in {folds}-fold cross-validation; suspected labels are not learnt from",
            "off": "not run",
        }[self.classifiers.cleaning]
