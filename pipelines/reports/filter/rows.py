"""What each filter refused, per data set."""

from __future__ import annotations

from collections import Counter

from actors.base import DROPPED, FAILED
from pipelines.markup import Markup, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.filter.run import FilterRun, in_order
from pipelines.reports.page.run_page import outcome_bar
from pipelines.reports.page.tables import Cell, paragraph, table
from pipelines.reports.page.wording import count, part_cell


def rows_section(run: FilterRun) -> Markup:
    """Kept, dropped and failed rows, then rejections by filter and data set."""
    totals = run.manifest.rows
    words = f"{totals['in']:,} rows came in: {totals['kept']:,} kept, {totals['dropped']:,} dropped, "
    words += f"{totals['failed']:,} failed. {_repaired(run)}"
    bar = outcome_bar(totals, "kept, dropped and failed rows")
    return join(bar, paragraph(words), _refusals(run), _failures(run))


def _repaired(run: FilterRun) -> str:
    if run.paragraph_scores is None:
        return "Paragraphs were not scored."
    found = run.manifest.table(["status", "filtered_paragraphs"]).to_pylist()
    cut = [len(row["filtered_paragraphs"] or []) for row in found if row["status"] == "live"]
    repaired = [number for number in cut if number]
    return (
        f"{count(len(repaired), 'kept row')} lost {count(sum(repaired), 'paragraph')} that did not fit the "
        "picture; the row was repaired rather than lost."
    )


def _refusals(run: FilterRun) -> Markup:
    counts = Counter((row["dataset"], row["reason"]) for row in run.rows if row["status"] == DROPPED)
    sets = sorted({row["dataset"] for row in run.rows})
    sizes = Counter(row["dataset"] for row in run.rows)
    reasons = in_order(reason for _, reason in counts)
    if not reasons:
        return paragraph("No filter refused a row.")
    lines: list[list[Cell]] = []
    for reason in reasons:
        parts = [(counts[name, reason], sizes[name]) for name in sets]
        whole = [(sum(number for number, _ in parts), sizes.total())] if len(sets) > 1 else []
        words = reason_words(reason, run.manifest.words, DROPPED)
        name = [tag("code", reason), tag("small", f" {words}")]
        lines.append([name, *(part_cell(*part) for part in parts + whole)])
    headings = ["Filter", *sets, *(["all"] if len(sets) > 1 else [])]
    note = "A row is refused by the first filter it fails, in the order of paper B, appendix D."
    return join(table(headings, lines, caption="Rows refused"), paragraph(note, note=True))


def _failures(run: FilterRun) -> Markup | None:
    counts = Counter(row["reason"] for row in run.rows if row["status"] == FAILED)
    if not counts:
        return None
    lines: list[list[Cell]] = [
        [tag("code", reason), number, reason_words(reason, run.manifest.words, FAILED)]
        for reason, number in counts.most_common()
    ]
    return table(["Failed for", "rows", "meaning"], lines, caption="Rows whose data could not be judged")
