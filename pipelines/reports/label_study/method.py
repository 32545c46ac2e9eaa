"""How a label study was done: rows, trainings, intervals, and what to keep in mind."""

from __future__ import annotations

from pipelines.markup import Content, Markup, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.label_study.figures import SplitCounts, StudyFigures
from pipelines.reports.label_study.tables import right_labels
from pipelines.reports.page.tables import Cell, definitions, table
from pipelines.reports.page.wording import count, listing


def method_section(study: StudyFigures) -> Markup:
    """Rows per split, and the choices behind the figures."""
    headings = ["Split", "Rows", *study.task.labels, "Left out"]
    rows = [_split(name, split) for name, split in study.splits.items()]
    return join(table(headings, rows), definitions(_choices(study)))


def _split(name: str, split: SplitCounts) -> list[Cell]:
    reasons = [f"{number:,}: {reason_words(name)}" for name, number in split.left_out.items()]
    left_out = tag("ul", [tag("li", reason) for reason in reasons], class_="plain") if reasons else "none"
    return [name, split.rows, *split.by_label.values(), left_out]


def _choices(study: StudyFigures) -> list[tuple[str, Content]]:
    settings = study.settings
    classifier = ", ".join(f"{name} {value}" for name, value in settings["classifier"].items())
    test = study.splits["test"]
    several = "micro F1 of a source's labels against the human's"
    agreed = several if study.task.multi_label else "share of a source's labels that are the human's"
    grouped = (
        f"{test.rows:,} test rows in {study.groups:,} groups that share a picture, drawn as groups"
        if study.groups < test.rows
        else f"{count(test.rows, 'test row')}, each drawn by itself"
    )
    return [
        ("Classifier", f"MMBT ({classifier}), the same for every label source, seed by seed"),
        ("Seeds", listing([str(seed) for seed in study.seeds])),
        ("Evaluation", "human labels on rows that no classifier and no stopping rule has seen"),
        ("Stopping", "human labels of the dev rows, the same for every source: they are in no count of human "
         "labels"),
        ("Human labels in part", "a seeded sample per seed; a larger sample holds the smaller ones, and a "
         "mixture has the human labels of the sample of its size"),
        ("Cleaning", str(settings["cleaning"])),
        ("Intervals", f"95 %, from a bootstrap over rows and seeds at once; {grouped}. All sources get the "
         "same draws, so differences are paired. With few seeds they are too narrow if trainings "
         "differ more than rows do."),
        ("Worth", "the curve of human labels, made rising, read between its points on a logarithmic scale, "
         "in every draw"),
        *([("Labels", "rows; all labels of a row count as one")] if study.task.multi_label else []),
        (right_labels(study), f"{agreed}; the interval takes rows that share a picture as one group"),
    ]  # fmt: skip
