"""How good the labels are: every figure of every run of one task, with its interval."""

from __future__ import annotations

from pipelines.markup import Content, Markup, join, tag
from pipelines.reports.annotation.study import TaskStudy
from pipelines.reports.page.tables import paragraph, table
from pipelines.reports.page.wording import figure_cell, percent, share_cell


def scores_section(study: TaskStudy) -> Markup:
    """The table of figures, what always giving one label would reach, and the supervised model."""
    headings = [
        "Run",
        "Answer rate",
        "Accuracy on answered",
        "Accuracy on all",
        "Macro F1",
        "Micro F1",
        "AUROC",
    ]
    rows: list[list[Content]] = [
        [
            entry.title,
            share_cell(entry.scores.answer_rate),
            share_cell(entry.scores.on_answered),
            share_cell(entry.scores.on_all),
            figure_cell(entry.scores.macro_f1),
            figure_cell(entry.scores.micro_f1),
            join([figure_cell(entry.scores.auroc), " ", tag("small", entry.scores.auroc_from)]),
        ]
        for entry in study.entries
    ]
    return join([table(headings, rows), _notes(study), _relative(study)])


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
    rows: list[list[Content]] = []
    for entry, relative in measured:
        if relative.accuracy is None or relative.on_answered is None or relative.on_all is None:
            rows.append([entry.title, f"not run: {relative.note}", "—", "—"])
        else:
            ratios = [figure_cell(relative.on_answered, 2), figure_cell(relative.on_all, 2)]
            rows.append([entry.title, share_cell(relative.accuracy), *ratios])
    return table(
        headings, rows, caption="Relative to the supervised model on the same rows (1 = equally good)"
    )
