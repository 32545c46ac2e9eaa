"""Runs a label study: rows, labels, training labels, trainings, and the figures of them all."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from pipelines.engine.run import RunOptions
from pipelines.recipes.label_study.agreement import annotator_figures, constant_answer, split_counts
from pipelines.recipes.label_study.cleaning import find_issues
from pipelines.recipes.label_study.grid import trainings_of
from pipelines.recipes.label_study.rows import Annotation, StudySplit
from pipelines.recipes.label_study.scores import Scoring
from pipelines.recipes.label_study.splits import Splits
from pipelines.recipes.label_study.study import LabelStudy, check_study
from pipelines.recipes.label_study.training_labels import LabelMaker, TrainingLabels, without_doubles
from pipelines.reports.label_study.figures import SourceFigures, StudyFigures
from pipelines.reports.label_study.page import write_page
from pipelines.reports.label_study.tables import p_words, right_labels
from pipelines.reports.label_study.verdict import verdicts
from pipelines.reports.page.wording import count, percent, signed
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.terminal import print_table

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
    for labels in variants:
        if labels.trained:
            codes, chances = zip(
                *(grid.predictions(labels.name, seed, test) for seed in study.seeds), strict=True
            )
            predicted[labels.name] = (np.stack(codes), np.stack(chances))
    scoring = Scoring(study.task, test, train, predicted, study.seeds)
    sources = scoring.with_worth([scoring.figures_of(labels) for labels in variants])
    counts = {name: split_counts(part, rows[name]) for name, part in splits.named().items()}
    return StudyFigures(
        study.task,
        counts,
        {
            "classifier": study.settings(),
            "cleaning": study.classifiers.cleaning_words(),
            "models": study.labels.models,
        },
        list(study.seeds),
        int(test.groups.max()) + 1,
        constant_answer(train, test),
        sources,
        [annotator_figures(item, train) for item in annotations],
        scoring.comparisons(sources),
    )


def print_study(study: StudyFigures) -> None:
    """Prints a line for what each training labels taught, and the verdicts."""
    rows, seeds = count(study.splits["test"].rows, "test row"), count(len(study.seeds), "seed")
    print_table(
        f"{study.task.name}: {rows}, {seeds}",
        (
            "trained on",
            "labels",
            right_labels(study),
            f"{study.measure} (95 %)",
            "all human − these, points",
            "p",
        ),
        [_line(source, study.primary) for source in study.sources],
    )
    for verdict in verdicts(study):
        print(f"{verdict.annotator}: {verdict.words}")


def _line(source: SourceFigures, primary: str) -> tuple[str, ...]:
    right = source.label_accuracy
    labels = (
        f"{source.num_labels:,.0f}",
        percent(right.value) if right is not None and right.value is not None else "",
    )
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
