"""Runs against each other on the same rows."""

from __future__ import annotations

from pipelines.markup import Content, Markup, join
from pipelines.metrics.intervals.paired import Paired
from pipelines.reports.annotation.study import Pair, TaskStudy
from pipelines.reports.page.tables import fold, paragraph, table
from pipelines.reports.page.wording import count, figure_cell, points_cell, share_cell

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
    rows: list[list[Content]] = [
        [
            f"{pair.first.title} – {pair.second.title}",
            f"{pair.rows:,}",
            join([points_cell(pair.accuracy.difference), f" {_better(pair)}"]),
            f"{pair.accuracy.only_first:,} / {pair.accuracy.only_second:,}",
            p_value(pair.accuracy),
            points_cell(pair.answered.difference),
        ]
        for pair in shared
    ]
    note = paragraph(
        "Accuracy on all rows they share, an unanswered row counting as wrong. A difference is "
        "called only when its "
        "interval leaves out 0 and the exact test agrees. Intervals are per comparison, not for all "
        "of them at once.",
        note=True,
    )
    return fold(
        count(len(shared), "pairwise comparison"),
        table(headings, rows),
        note,
        open_=len(shared) <= OPEN_PAIRS,
    )


def label_modes(study: TaskStudy) -> Markup:
    """How far the label modes of one annotator agree on the same rows."""
    pairs = [pair for pair in study.pairs if pair.rows and _only_mode_differs(pair)]
    if not pairs:
        return paragraph(
            "Not run: needs the same annotator in two label modes (--mode) on the same rows.", note=True
        )
    headings = ["Modes", "Same label", "Agreement beyond chance (Cohen's κ)", "Both answered", "Rows"]
    rows: list[list[Content]] = [
        [
            f"{pair.first.title} – {pair.second.title}",
            share_cell(pair.agreement.same),
            figure_cell(pair.agreement.kappa, 2),
            f"{pair.agreement.same.rows:,}",
            f"{pair.rows:,}",
        ]
        for pair in pairs
    ]
    return table(headings, rows)


def p_value(paired: Paired) -> str:
    """`0.031`, `< 0.001`."""
    return "< 0.001" if paired.p_value < 0.001 else f"{paired.p_value:.3f}"


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
