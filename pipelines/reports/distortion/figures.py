"""How many rows each strategy got, what it did to their texts, and the realism check, in figures."""

from __future__ import annotations

import re
from collections import Counter
from statistics import median
from typing import Any

from actors.distortion.strategies import LLM
from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.realism_check import OVERALL, POLITE, RAW, RealismLine, read_realism
from pipelines.plots.axes import Reference
from pipelines.plots.bars import Bar, bar_chart
from pipelines.reasons import reason_words
from pipelines.reports.distortion.run import NAMES, DistortionRun
from pipelines.reports.page.run_page import outcome_bar
from pipelines.reports.page.tables import Cell, figure, fold, paragraph, table
from pipelines.reports.page.wording import count, figure_cell

PAPER = {"llm": "113,000 + 76,000", "random": "77,000", "boxes": "14,000"}  # Figure 4
WORD = re.compile(r"\w+")
TITLES = {OVERALL: "All distorted rows", POLITE: "Polite, before distortion", RAW: "Raw against raw", **NAMES}
MEANING = (
    "A classifier (logistic regression on n-grams of characters, and on length, case and punctuation) "
    "learns to tell these texts from real raw annotations, and is judged on texts it did not see. Its AUROC "
    "is 50% where they are alike and 100% where every text gives itself away. The polite responses show how "
    "far there was to go, one half of the raw annotations against the other shows what alike looks like. "
    "Every task has as many texts of one kind as of the other. Thin bar: by length, case and punctuation "
    "alone."
)


def mix_section(run: DistortionRun) -> Markup:
    """Rows per strategy: given, kept, dropped and why, beside the paper's."""
    rows: list[list[Cell]] = []
    for strategy in run.strategies:
        given, kept = run.given(strategy), run.live(strategy)
        lost = Counter(row["reason"] for row in given if row["status"] != "live")
        words = "; ".join(
            f"{number:,} {reason_words(reason, run.manifest.words)}" for reason, number in lost.most_common()
        )
        share = wilson(len(kept), len(given))
        rows.append([NAMES[strategy], len(given), share, words or "—", PAPER[strategy]])
    totals = run.manifest.rows
    summary = (
        f"{count(totals['in'], 'row')} came in: {totals['kept']:,} were distorted, "
        f"{totals['dropped']:,} dropped ({run.not_chosen():,} of them because the mix had enough), "
        f"{totals['failed']:,} failed."
    )
    headings = ["Strategy", "Rows given", "Came through", "Lost", "Paper B, Figure 4"]
    return join(outcome_bar(totals, summary), paragraph(summary), table(headings, rows))


def effect_section(run: DistortionRun) -> Markup:
    """Words before and after, the share that changed, and the share of words that stayed, by strategy."""
    rows: list[list[Cell]] = []
    for strategy in run.strategies:
        kept = run.live(strategy)
        if not kept:
            continue
        changed = sum(bool(row["distortion_changed"]) for row in kept)
        before = median(len(row["response_original"].split()) for row in kept)
        after = median(len(row["response"].split()) for row in kept)
        stayed = f"{100 * median(_kept_words(row) for row in kept):.0f}%"
        rows.append([NAMES[strategy], f"{before:g} → {after:g}", wilson(changed, len(kept)), stayed])
    note = "A random augmentation can leave a short text as it was; such rows stay, and say so in "
    note += "distortion_changed."
    headings = ["Strategy", "Words, median", "Changed", "Of the response's words still there, median"]
    return join(table(headings, rows), paragraph(note, note=True), _steps(run))


def _steps(run: DistortionRun) -> Markup:
    """How often each command or combination of augmentations was used."""
    blocks = []
    for strategy in run.strategies:
        used = Counter(_kind(row, strategy) for row in run.live(strategy)).most_common(30)
        blocks.append(fold(f"{NAMES[strategy]}: what was done", table(["What", "Rows"], used)))
    return tag("div", blocks)


def _kind(row: dict[str, Any], strategy: str) -> str:
    """The command, or the augmentations without their figures."""
    detail = str(row["distortion_detail"])
    return detail if strategy == LLM else re.sub(r" ?\d[\d.]*", "", detail)


def _kept_words(row: dict[str, Any]) -> float:
    before = WORD.findall(row["response_original"].lower())
    after = set(WORD.findall(row["response"].lower()))
    return sum(word in after for word in before) / len(before) if before else 1.0


def realism_section(run: DistortionRun) -> Markup:
    """Bars with 95 % intervals and their table, or how to measure it."""
    measured = read_realism(run.manifest.path)
    if measured is None:
        words = "Not measured. Run the same command again with --realism-against and a set of raw "
        return paragraph(words + "annotations.", note=True)
    against, lines = measured
    chart = bar_chart(
        [_bar(line, number) for number, line in enumerate(lines)],
        [Reference("alike: 50%", 0.5)],
        unit="%",
        name="How well a classifier tells distorted texts from raw annotations",
    )
    plot = figure(None, chart, f"Against the raw annotations of {against}.")
    headings = ["Texts", "Of each kind", "AUROC", "AUROC by the surface alone"]
    rows: list[list[Content]] = [
        [
            TITLES.get(line.name, line.name),
            line.texts,
            figure_cell(line.everything),
            figure_cell(line.surface),
        ]
        for line in lines
    ]
    return join(paragraph(MEANING), plot, table(headings, rows))


def _bar(line: RealismLine, number: int) -> Bar:
    value = line.everything.value
    text = line.everything.note if value is None else f"{100 * value:.0f}%"
    return Bar(TITLES.get(line.name, line.name), line.everything, line.surface, text, number)
