"""One page on finished annotation runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.markup import Markup, join, tag
from pipelines.reports.annotation.case_studies import case_studies
from pipelines.reports.annotation.charts_section import bars_and_curve, confusions
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.languages import language_section
from pipelines.reports.annotation.method import cost_section, method_section
from pipelines.reports.annotation.paper.claims import claims, claims_section
from pipelines.reports.annotation.paper.numbers import paper_section
from pipelines.reports.annotation.rows_section import overview, rows_section, unlabelled_section
from pipelines.reports.annotation.scores_section import comparisons, label_modes, scores_section
from pipelines.reports.annotation.study import TaskStudy, task_studies
from pipelines.reports.page.run_page import closing_words, notice, run_folders, save_page
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import paragraph
from pipelines.reports.page.wording import count
from pipelines.reports.several_labels.page import render_sets
from pipelines.reports.several_labels.run import LabelSetRun, gives_several

TITLE = "What the annotators labelled"


def write_report(run_dirs: Sequence[Path], out: Path) -> Path:
    """The HTML file, one self-contained page on the runs in `run_dirs`.

    Raises:
        ValueError: no folders, a folder that holds no finished annotation run, one named twice, or runs of
            one label per row beside runs of several.
    """
    folders = run_folders(run_dirs, "annotate")
    several = [gives_several(folder) for folder in folders]
    if any(several) and not all(several):
        odd = folders[several.index(True)]
        raise ValueError(f"{odd} gives several labels per row and others one; report them in two pages")
    if all(several):
        html = render_sets([LabelSetRun.read(folder) for folder in folders])
    else:
        html = render(task_studies([LabelRun.read(folder) for folder in folders]))
    return save_page(html, Path(out), count(len(folders), "annotation run"))


def render(studies: Sequence[TaskStudy]) -> Markup:
    """The page as text."""
    tasks = [Section(f"task-{number}", study.task.name, _task(study)) for number, study in enumerate(studies)]
    sections = [
        Section("rows", "What was labelled", overview(studies)),
        Section("claims", "The paper's claims", claims_section(claims(studies))),
        *tasks,
        Section("languages", "Languages", language_section(studies)),
        Section("paper", "The paper's figures beside ours", paper_section(studies)),
        Section("cost", "Cost", cost_section(studies)),
        Section("method", "How this was measured", method_section(studies)),
    ]
    runs = [entry.run.manifest for study in studies for entry in study.entries]
    return page(TITLE, _lead(studies), sections, closing_words(runs))


def _lead(studies: Sequence[TaskStudy]) -> Markup:
    models = {
        entry.run.manifest.config["annotator"]["checkpoint"] for study in studies for entry in study.entries
    }
    pocket = any(str(model).startswith("package:") for model in models)
    words = (
        "Language models were given rows that people had labelled, and asked for the label. This page says "
        "which rows got one, which did not and why, and how often the label agrees with the people's."
    )
    warning = (
        "A pocket model wrote labels on this page: 135 million parameters, small enough for a laptop. Its "
        "quality is not the point, and its figures say nothing about the models of the paper. The point is "
        "that the whole path works on real data, and how to read the result."
    )
    return join(paragraph(words), notice(warning) if pocket else None)


def _task(study: TaskStudy) -> Markup:
    parts = [
        ("What was labelled, what was not, and why", rows_section(study)),
        ("How good the labels are", scores_section(study)),
        (None, bars_and_curve(study)),
        ("Confusion", confusions(study)),
        ("Runs against each other on the same rows", comparisons(study)),
        ("Do the label modes agree?", label_modes(study)),
        ("Rows without a label", unlabelled_section(study)),
        ("Case studies", case_studies(study)),
    ]
    sections = [[tag("h3", title) if title else None, body] for title, body in parts]
    return join(paragraph(study.task.summary), sections)
