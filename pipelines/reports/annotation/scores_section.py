"""Quality of the labels: every figure of every run of one task, and runs compared in pairs."""

from __future__ import annotations

from pipelines.markup import Markup, join, tag
from pipelines.metrics.intervals.paired import Paired
from pipelines.reports.annotation.study import Pair, TaskStudy
from pipelines.reports.page.tables import Cell, fold, paragraph, table
from pipelines.reports.page.wording import count, figure_cell, percent, points_cell

OPEN_PAIRS = 6


def comparisons(study: TaskStudy) -> Markup:
    """Every two runs: difference in accuracy and in answer rate, McNemar's exact test, and agreement."""
    shared = [pair for pair in study.pairs if pair.rows]
    if not shared:
        return paragraph("Not run: needs two runs on the same rows.", note=True)
    headings = [
        "First and second", "Shared rows", "Accuracy, first − second", "Only one right", "McNemar p",
        "Answer rate, first − second",
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for pair in shared:
        difference = [points_cell(pair.accuracy.difference), f" {_better(pair)}"]
        only = f"{pair.accuracy.only_first:,} / {pair.accuracy.only_second:,}"
        answered = points_cell(pair.answered.difference)
        rows.append([_titles(pair), pair.rows, difference, only, p_value(pair.accuracy), answered])
    note = (
        "Accuracy on all rows they share, an unanswered row counting as wrong. A difference is called only "
        "when its interval leaves out 0 and the exact test agrees. Intervals are per comparison, not for all "
        "of them at once."
    )
    content = [table(headings, rows), paragraph(note, note=True)]
    return fold(count(len(shared), "pairwise comparison"), content, open_=len(shared) <= OPEN_PAIRS)


def label_modes(study: TaskStudy) -> Markup:
    """How far the label modes of one annotator agree on the same rows."""
    pairs = [pair for pair in study.pairs if pair.rows and _only_mode_differs(pair)]
    if not pairs:
        words = "Not run: needs the same annotator in two label modes (--mode) on the same rows."
        return paragraph(words, note=True)
    headings = ["Modes", "Same label", "Agreement beyond chance (Cohen's κ)", "Both answered", "Rows"]
    rows: list[list[Cell]] = [
        [_titles(pair), same, figure_cell(pair.agreement.kappa, 2), same.rows, pair.rows]
        for pair in pairs
        for same in [pair.agreement.same]
    ]
    return table(headings, rows)


def p_value(paired: Paired) -> str:
    """`0.031`, `< 0.001`."""
    return "< 0.001" if paired.p_value < 0.001 else f"{paired.p_value:.3f}"


def _titles(pair: Pair) -> str:
    return f"{pair.first.title} – {pair.second.title}"


def _better(pair: Pair) -> str:
    difference = pair.accuracy.difference.value
    if difference is None:
        return ""
    if not pair.accuracy.resolved:
        return "not resolved"
    return "first better" if difference > 0 else "second better"


def _only_mode_differs(pair: Pair) -> bool:
    first, second = pair.first.run, pair.second.run
    same = (first.annotator, first.use_images) == (second.annotator, second.use_images)
    return same and first.mode != second.mode


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
