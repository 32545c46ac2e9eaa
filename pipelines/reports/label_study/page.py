"""The page of a label study."""

from __future__ import annotations

from pathlib import Path

from pipelines.markup import Markup, join, tag
from pipelines.reports.label_study.figures import StudyFigures
from pipelines.reports.label_study.method import method_section
from pipelines.reports.label_study.noise import noise_section
from pipelines.reports.label_study.paper import paper_table
from pipelines.reports.label_study.plots import human_curve, source_bars
from pipelines.reports.label_study.tables import (
    chip,
    confidence_section,
    language_table,
    question_table,
    source_table,
    worth_table,
)
from pipelines.reports.label_study.verdict import Verdict, verdicts
from pipelines.reports.page.run_page import save_page
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import paragraph
from pipelines.reports.page.wording import count


def write_page(study: StudyFigures, out: Path) -> Path:
    """The HTML file, one self-contained page."""
    return save_page(render(study), out, "a label study")


def render(study: StudyFigures) -> Markup:
    """The page as text."""
    noise = join(noise_section(annotator, study.task.labels) for annotator in study.annotators)
    languages = language_table(study)
    sections = [
        Section("table", "Human labels against the others", join(source_bars(study), source_table(study))),
        Section("questions", "What makes the difference", question_table(study)),
        Section("noise", "The labels themselves", noise),
        Section(
            "worth", "How many human labels they are worth", join(human_curve(study), worth_table(study))
        ),
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
