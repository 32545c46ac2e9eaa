"""Runs or plans a label study: rows, labels, training labels, trainings, and the figures of them all."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.engine.plan import Plan, plan_pipeline
from pipelines.engine.run import RunOptions
from pipelines.manifest import MANIFEST
from pipelines.recipes.label_study.agreement import annotator_figures, constant_answer, split_counts
from pipelines.recipes.label_study.cleaning import find_issues
from pipelines.recipes.label_study.flags import folder_name
from pipelines.recipes.label_study.grid import trainings_of
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.scores import Scoring
from pipelines.recipes.label_study.splits import Splits
from pipelines.recipes.label_study.study import LabelStudy, check_study
from pipelines.recipes.label_study.training_labels import LabelMaker, TrainingLabels, without_doubles
from pipelines.recipes.summary import print_plan
from pipelines.reports.label_study.figures import LabelSourceFigures, StudyFigures
from pipelines.reports.label_study.page import write_page
from pipelines.reports.label_study.tables import p_words, right_labels
from pipelines.reports.label_study.verdict import verdicts
from pipelines.reports.page.wording import count, percent, signed
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.terminal import duration, print_table

logger = logging.getLogger(__name__)
TRAININGS = "trainings"


def run_study(study: LabelStudy) -> StudyFigures:
    """All figures, after every step that is not done yet.

    Raises:
        ValueError: a flag or the data do not fit.
        StageCrashed: labelling or training stopped.
    """
    check_study(study)
    splits = study.rows.write(study.out / "rows")
    rows = {name: StudySplit.read(part, study.space) for name, part in splits.named().items()}
    annotations = _annotations(study, splits, rows["train"])
    variants = _training_labels(study, splits, rows["train"], annotations)
    study.grid(TRAININGS, splits).run(trainings_of(variants), rows["train"])
    return _figures(study, splits, rows, annotations, variants)


def write_study(study: LabelStudy, figures: StudyFigures) -> Path:
    """The page, after `study.json`."""
    words = {verdict.annotator: verdict.words for verdict in verdicts(figures)}
    figures.write(study.out / "study.json", verdicts=words)
    return write_page(figures, study.out / "report.html")


def _annotations(study: LabelStudy, splits: Splits, train: StudySplit) -> list[Annotation]:
    run = RunOptions(max_failed=study.flags.max_failed, address=study.flags.address)
    for name in study.labels.names(study.task):
        logger.info("%s labels %d training rows", name, len(train))
        study.labelling(name, ManifestRows(splits.train.path)).run(study.own_run(name), run)
    return [Annotation.read(name, folder, train) for name, folder in study.annotators()]


def _training_labels(
    study: LabelStudy, splits: Splits, train: StudySplit, annotations: Sequence[Annotation]
) -> list[TrainingLabels]:
    maker = LabelMaker(train, study.classifiers)
    human, *shares = maker.human()
    if human.not_run:
        raise ValueError(
            f"nothing can be learnt from the human labels of the training rows: {human.not_run}; take "
            "more rows (--train-rows) or another --train-split"
        )
    issues = find_issues(study, splits, train, annotations)
    of_models = [labels for item in annotations for labels in maker.of(item, issues[item.name])]
    return without_doubles([human, *of_models, *shares])


def _figures(
    study: LabelStudy,
    splits: Splits,
    rows: Mapping[str, StudySplit],
    annotations: Sequence[Annotation],
    variants: Sequence[TrainingLabels],
) -> StudyFigures:
    train, test = rows["train"], rows["test"]
    grid = study.grid(TRAININGS, splits)
    predicted = {}
    for name in (labels.name for labels in variants if labels.trained):
        codes, chances = zip(*(grid.predictions(name, seed, test) for seed in study.seeds), strict=True)
        predicted[name] = (np.stack(codes), np.stack(chances))
    scoring = Scoring(study.task, test, train, predicted, study.seeds)
    sources = scoring.with_worth([scoring.figures_of(labels) for labels in variants])
    counts = {name: split_counts(part, rows[name]) for name, part in splits.named().items()}
    cleaning = study.classifiers.cleaning_words()
    settings = {"classifier": study.settings(), "cleaning": cleaning, "models": study.labels.models}
    return StudyFigures(
        study.task,
        counts,
        settings,
        list(study.seeds),
        int(test.groups.max()) + 1,
        constant_answer(train, test),
        sources,
        [annotator_figures(item, train) for item in annotations],
        scoring.comparisons(sources),
    )


def print_study(study: StudyFigures) -> None:
    """Prints a line of figures for each label source, and the verdicts."""
    rows, seeds = count(study.splits["test"].rows, "test row"), count(len(study.seeds), "seed")
    figures = (right_labels(study), f"{study.measure} (95 %)", "all human − these, points", "p")
    lines = [_line(source, study.primary) for source in study.sources]
    print_table(f"{study.task.name}: {rows}, {seeds}", ("trained on", "labels", *figures), lines)
    for verdict in verdicts(study):
        print(f"{verdict.annotator}: {verdict.words}")


def _line(source: LabelSourceFigures, primary: str) -> tuple[str, ...]:
    right = source.label_accuracy
    right_share = percent(right.value) if right is not None and right.value is not None else ""
    labels = (f"{source.num_labels:,.0f}", right_share)
    if not source.figures:
        return (source.title, *labels, f"not run: {source.not_run}", "", "")
    value, low, high = source.figures[primary].numbers
    accuracy = f"{percent(value)} ({100 * low:.1f} to {100 * high:.1f})"
    against_human = source.against_human.get(primary)
    if against_human is None:
        return (source.title, *labels, accuracy, "", "")
    middle, low, high = against_human.estimate.numbers
    difference = f"{signed(100 * middle)} ({signed(100 * low)} to {signed(100 * high)})"
    return (source.title, *labels, accuracy, difference, p_words(against_human))


@dataclass(frozen=True)
class StudyPlan:
    """Rows per split, the forecast of each annotator (None: its labels are there), and trainings by part.

    Labels that turn out to be the same as others, or all of one kind, are not trained on, so there can be
    fewer trainings.
    """

    rows: dict[str, int]
    labelling: dict[str, Plan | None]
    trainings: dict[str, int]
    finished: int
    settings: dict[str, Any]


def plan_study(study: LabelStudy) -> StudyPlan:
    """Times a sample of the labelling and counts the rest; writes nothing under `out`.

    Raises:
        ValueError: whatever the study itself would refuse.
    """
    check_study(study)
    with tempfile.TemporaryDirectory(prefix="etiquette-plan-") as folder:
        splits = study.rows.write(Path(folder))
        rows = {name: len(StudySplit.read(part, study.space)) for name, part in splits.named().items()}
        labelling: dict[str, Plan | None] = {name: None for name, _ in study.annotators()}
        for name in study.labels.names(study.task):
            if not (study.own_run(name) / MANIFEST).is_file():
                train, options = ManifestRows(splits.train.path), RunOptions(address=study.flags.address)
                pipeline = study.labelling(name, train).pipeline(study.own_run(name))
                labelling[folder_name(name)] = plan_pipeline(pipeline, options, sample_rows=32)
    finished = len(list(study.out.glob("*/trained/*/seed-*/training.json")))
    return StudyPlan(rows, labelling, _trainings(study), finished, study.settings())


def print_study_plan(plan: StudyPlan) -> None:
    """Prints rows, trainings and the forecasts."""
    lines: list[tuple[object, ...]] = [(f"{name} rows", number) for name, number in plan.rows.items()]
    lines += [(f"trainings: {name}", number) for name, number in plan.trainings.items()]
    lines += [("trainings in all", sum(plan.trainings.values())), ("  finished already", plan.finished)]
    lines += [(f"setting {name}", value) for name, value in plan.settings.items()]
    print_table("plan of the study", ("step", "number"), lines)
    for name, forecast in plan.labelling.items():
        if forecast is None:
            print(f"{name}: labelled already")
        else:
            print_plan(forecast)
            print(f"{name} labels the training rows in about {duration(forecast.hours[1] * 3600)}")


def _trainings(study: LabelStudy) -> dict[str, int]:
    classifiers, annotators = study.classifiers, len(study.annotators())
    seeds, cleaned = classifiers.seeds, classifiers.cleaning != "off"
    of_model = 2 + len(set(classifiers.keep)) + len(set(classifiers.mix)) + cleaned
    return {
        "human labels": seeds,
        "shares of the human labels": seeds * len({*classifiers.human, *classifiers.mix}),
        f"labels of {count(annotators, 'annotator')}": seeds * annotators * of_model,
        "folds for cleaning": annotators * classifiers.folds if classifiers.cleaning == "classifier" else 0,
    }
