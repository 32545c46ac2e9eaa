"""How good the labels are: every figure of every run of one task, with its interval."""

from __future__ import annotations

from pipelines.markup import Markup, join, tag
from pipelines.reports.annotation.study import TaskStudy
from pipelines.reports.page.tables import Cell, paragraph, table
from pipelines.reports.page.wording import figure_cell, percent


def scores_section(study: TaskStudy) -> Markup:
    """The table of figures, what always giving one label would reach, and the supervised model."""
    shares = ["Answer rate", "Accuracy on answered", "Accuracy on all"]
    rows: list[list[Cell]] = []
    for entry in study.entries:
        scores = entry.scores
        figures = [figure_cell(one) for one in (scores.macro_f1, scores.micro_f1, scores.auroc)]
        figures[-1] = join(figures[-1], " ", tag("small", scores.auroc_from))
        rows.append([entry.title, scores.answer_rate, scores.on_answered, scores.on_all, *figures])
    scored = table(["Run", *shares, "Macro F1", "Micro F1", "AUROC"], rows)
    return join(scored, _notes(study), _relative(study))


def _notes(study: TaskStudy) -> Markup:
    if study.majority.value is None:
        return paragraph("No row has a human label, so nothing is scored.", note=True)
    return paragraph(
        "The range after a figure is its 95 % interval. ",
        f"Always answering “{study.majority_label}” would be right on {percent(study.majority.value)}. ",
        f"AUROC is that of {study.auroc_of}.",
        note=True,
    )


def _relative(study: TaskStudy) -> Markup | None:
    measured = [(entry, entry.relative) for entry in study.entries if entry.relative]
    if not measured:
        words = "Relative to a supervised model: not run, needs --baseline FILE with columns id and label."
        return paragraph(words, note=True) if study.task.relative else None
    headings = ["Run", "Supervised accuracy", "Relative, answered rows", "Relative, all rows"]
    rows: list[list[Cell]] = []
    for entry, relative in measured:
        if relative.accuracy is None or relative.on_answered is None or relative.on_all is None:
            rows.append([entry.title, f"not run: {relative.note}", "—", "—"])
        else:
            ratios = [figure_cell(relative.on_answered, 2), figure_cell(relative.on_all, 2)]
            rows.append([entry.title, relative.accuracy, *ratios])
    caption = "Relative to the supervised model on the same rows (1 = equally good)"
    return table(headings, rows, caption=caption)
