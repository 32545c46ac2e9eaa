"""The page of a label study, and how the study was done: rows, trainings, intervals, what to keep in mind."""

from __future__ import annotations

from pathlib import Path

from pipelines.markup import Content, Markup, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.label_study.figures import SplitCounts, StudyFigures
from pipelines.reports.label_study.paper import paper_table
from pipelines.reports.label_study.plots import human_curve, source_bars
from pipelines.reports.label_study.tables import (
    chip,
    confidence_section,
    language_table,
    noise_section,
    question_table,
    right_labels,
    source_table,
    worth_table,
)
from pipelines.reports.label_study.verdict import Verdict, verdicts
from pipelines.reports.page.run_page import save_page
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import Cell, definitions, paragraph, table
from pipelines.reports.page.wording import count, listing


def write_page(study: StudyFigures, out: Path) -> Path:
    """The HTML file, one self-contained page."""
    return save_page(render(study), out, "a label study")


def render(study: StudyFigures) -> Markup:
    """The page as text."""
    noise = join(noise_section(annotator, study.task.labels) for annotator in study.annotators)
    languages, worth = language_table(study), join(human_curve(study), worth_table(study))
    sections = [
        Section("table", "Human labels against the others", join(source_bars(study), source_table(study))),
        Section("questions", "What makes the difference", question_table(study)),
        Section("noise", "The labels themselves", noise),
        Section("worth", "How many human labels they are worth", worth),
        Section("confidence", "Keeping only sure labels", confidence_section(study)),
        *([Section("languages", "Languages", languages)] if languages else []),
        Section("paper", "The paper's figures beside ours", paper_table(study)),
        Section("method", "How this was measured", method_section(study)),
    ]
    trained = [source.per_seed for source in study.sources if not source.same_as]
    trainings = sum(len(per_seed.get(study.primary, ())) for per_seed in trained)
    closing = f"Made from {count(trainings, 'training')}."
    return page(f"Are the labels good enough? {study.task.name}", _lead(study), sections, closing)


def _lead(study: StudyFigures) -> Markup:
    words = (
        f"{study.task.summary} The same classifier was trained on labels by people and by models, with the "
        "same seeds, and judged on the same test rows by human labels."
    )
    return join(paragraph(words), map(_verdict, verdicts(study)))


def _verdict(verdict: Verdict) -> Markup:
    heading = paragraph(tag("strong", verdict.annotator), " ", chip(verdict.outcome))
    return tag("div", heading, paragraph(" ".join(verdict.sentences)), class_="notice")


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
