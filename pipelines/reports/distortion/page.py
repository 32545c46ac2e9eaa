"""One page on distortion runs: rows by strategy, Figure 4's examples, and the realism check."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from actors.base import DROPPED, LIVE
from actors.distortion.strategies import BOXES, LLM, RANDOM, STRATEGIES
from actors.word_breaks import bare_words, split_words
from pipelines.manifest import Manifest
from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.realism_check import OVERALL, POLITE, RAW, RealismLine, read_realism
from pipelines.plots.axes import Reference
from pipelines.plots.bars import Bar, bar_chart
from pipelines.reasons import reason_words
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.run_page import RunPage, outcome_bar, params_words, read_run, run_terms, spread
from pipelines.reports.page.tables import Cell, definitions, figure, fold, paragraph, table, text_block
from pipelines.reports.page.wording import count, figure_cell
from pipelines.sources.mix import NOT_CHOSEN

NAMES = {LLM: "Language model", RANDOM: "Random augmentation", BOXES: "Captions and boxes"}
COLUMNS = (
    "id", "task", "images", "instruction", "response", "response_original", "status", "reason", "detail",
    "distortion", "distortion_detail", "distortion_changed",
)  # fmt: skip


@dataclass(frozen=True)
class DistortionRun:
    """A finished distortion run: its manifest and its rows."""

    manifest: Manifest

    @classmethod
    def read(cls, folder: Path) -> DistortionRun:
        """The run in `folder`.

        Raises:
            ValueError: no finished run, or one of another kind.
        """
        return cls(read_run(folder, "distort"))

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """Every row, in the order of ids."""
        return sorted(self.manifest.table(COLUMNS).to_pylist(), key=lambda row: row["id"])

    @property
    def strategies(self) -> list[str]:
        """The strategies that rows of the run have, in the paper's order."""
        used = {row["distortion"] for row in self.rows}
        return [strategy for strategy in STRATEGIES if strategy in used]

    def live(self, strategy: str) -> list[dict[str, Any]]:
        """Live rows of the strategy: their distortion worked."""
        return [row for row in self.rows if row["distortion"] == strategy and row["status"] == LIVE]

    def given(self, strategy: str) -> list[dict[str, Any]]:
        """All rows of the strategy, dropped and failed ones included."""
        return [row for row in self.rows if row["distortion"] == strategy]

    def not_chosen(self) -> int:
        """Number of rows dropped because the mix had enough."""
        return sum(row["status"] == DROPPED and row["reason"] == NOT_CHOSEN for row in self.rows)


PAPER = {"llm": "113,000 + 76,000", "random": "77,000", "boxes": "14,000"}  # Figure 4
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
        assigned, live = run.given(strategy), run.live(strategy)
        lost = Counter(row["reason"] for row in assigned if row["status"] != "live")
        words = "; ".join(
            f"{number:,} {reason_words(reason, run.manifest.words)}" for reason, number in lost.most_common()
        )
        share = wilson(len(live), len(assigned))
        rows.append([NAMES[strategy], len(assigned), share, words or "—", PAPER[strategy]])
    totals = run.manifest.rows
    summary = (
        f"{count(totals['in'], 'row')} came in: {totals['kept']:,} were distorted, "
        f"{totals['dropped']:,} dropped ({run.not_chosen():,} of them because the mix had enough), "
        f"{totals['failed']:,} failed."
    )
    headings = ["Strategy", "Rows given", "Came through", "Lost", "Paper B, Figure 4"]
    return join(outcome_bar(totals, summary), paragraph(summary), table(headings, rows))


def effect_section(run: DistortionRun) -> Markup:
    """Words before and after, the share that changed, and the share of words that stayed, by strategy; then
    how often each command or combination of augmentations was used."""
    rows: list[list[Cell]] = []
    for strategy in run.strategies:
        live = run.live(strategy)
        if not live:
            continue
        changed = sum(bool(row["distortion_changed"]) for row in live)
        before = median(len(split_words(row["response_original"])) for row in live)
        after = median(len(split_words(row["response"])) for row in live)
        stayed = f"{100 * median(_kept_words(row) for row in live):.0f}%"
        rows.append([NAMES[strategy], f"{before:g} → {after:g}", wilson(changed, len(live)), stayed])
    note = "A random augmentation can leave a short text as it was; such rows stay, and say so in "
    note += "distortion_changed."
    headings = ["Strategy", "Words, median", "Changed", "Of the response's words still there, median"]
    steps = []
    for strategy in run.strategies:
        details = [str(row["distortion_detail"]) for row in run.live(strategy)]
        if strategy != LLM:  # the augmentations without their figures
            details = [re.sub(r" ?\d[\d.]*", "", detail) for detail in details]
        used = Counter(details).most_common(30)
        steps.append(fold(f"{NAMES[strategy]}: what was done", table(["What", "Rows"], used)))
    return join(table(headings, rows), paragraph(note, note=True), tag("div", steps))


def _kept_words(row: dict[str, Any]) -> float:
    before = bare_words(row["response_original"])
    after = set(bare_words(row["response"]))
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


MOST = 4  # examples per strategy
PICTURES = 2


def _head(runs: Sequence[DistortionRun]) -> tuple[str, Markup]:
    lead = paragraph(
        "A rewriter learns to turn terse answers into polite ones from pairs. The polite side exists: "
        "answers that large language models wrote. The terse side is made here, by distorting them. The "
        "closer it comes to what raw annotations look like, the better the rewriter does on those."
    )
    return "What the distortion did to polite responses", lead


def _method(run: DistortionRun) -> Markup:
    config = run.manifest.config
    model = config.get("distorter") or {}
    terms = run_terms(
        run.manifest,
        ("Language model", tag("code", str(model.get("checkpoint", "none: no row was for it")))),
        ("Prompt, engine, seed", f"{config.get('prompt')}, {config.get('engine')}, {config.get('seed')}"),
        ("Decoding", tag("code", params_words(config.get("params") or {}))),
        ("Random augmentation", "as in the authors' code" if config.get("faithful") else "as in the paper"),
        ("Repeatable", str(run.manifest.determinism.get("note", "not recorded"))),
    )
    return fold("Settings", definitions(terms))


def _examples(run: DistortionRun) -> Markup:
    """Up to four rows per strategy, spread evenly over the ids, as in paper B's Figure 4."""
    parts = []
    for strategy in run.strategies:
        rows = run.live(strategy)
        cards = [_card(rows[place], run.manifest.image_root) for place in spread(len(rows), MOST)]
        body = tag("div", cards, class_="cases") if cards else paragraph("No row came through.", note=True)
        parts.append([tag("h3", NAMES[strategy]), body])
    return join(parts)


def _card(row: dict[str, Any], image_root: str | None) -> Markup:
    return tag(
        "article",
        pictures(row["images"], image_root, most=PICTURES),
        text_block("Instruction", row["instruction"], 600),
        text_block("Original", row["response_original"], 900),
        text_block("Distorted", row["response"], 900),
        tag("p", f"{row['distortion_detail']} · ", tag("code", row["id"]), class_="note"),
        class_="card case",
    )


PARTS = (
    ("mix", "What was distorted how", mix_section),
    ("examples", "Examples", _examples),
    ("realism", "Does it look like raw annotations?", realism_section),
    ("effect", "What it does to a text", effect_section),
    ("method", "How this was made", _method),
)
PAGE = RunPage("distort", "distortion run", DistortionRun.read, _head, PARTS, named="{run}: {title}")
write_report = PAGE.write
