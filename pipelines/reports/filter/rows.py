"""What each filter refused, per data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from actors.base import DROPPED, FAILED
from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.proportions import wilson
from pipelines.reasons import RESPONSE_REASONS, Words, reason_words
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.page.run_page import outcome_bar
from pipelines.reports.page.tables import paragraph, table
from pipelines.reports.page.wording import count, share_cell


def rows_section(run: FilterRun) -> Markup:
    """Kept, dropped and failed rows, then rejections by filter and data set."""
    totals = run.manifest.rows
    words = f"{totals['in']:,} rows came in: {totals['kept']:,} kept, {totals['dropped']:,} dropped, "
    words += f"{totals['failed']:,} failed. {_repaired(run)}"
    return join(
        [
            outcome_bar(totals, "kept, dropped and failed rows"),
            paragraph(words),
            _refusals(run),
            _failures(run),
        ]
    )


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
    seen = {reason for _, reason in counts}
    known = [reason for reason in RESPONSE_REASONS if reason in seen]
    reasons = [*known, *sorted(seen - set(known))]
    if not reasons:
        return paragraph("No filter refused a row.")
    lines = [_line(reason, sets, counts, sizes, run.manifest.words) for reason in reasons]
    headings = ["Filter", *sets, *(["all"] if len(sets) > 1 else [])]
    note = "A row is refused by the first filter it fails, in the order of paper B, appendix D."
    return join([table(headings, lines, caption="Rows refused"), paragraph(note, note=True)])


def _line(
    reason: str, sets: Sequence[str], counts: Counter[tuple[str, str]], sizes: Counter[str], declared: Words
) -> list[Content]:
    numbers = [counts[name, reason] for name in sets]
    cells: list[Content] = [_number(number, sizes[name]) for name, number in zip(sets, numbers, strict=True)]
    if len(sets) > 1:
        cells.append(_number(sum(numbers), sizes.total()))
    words = reason_words(reason, declared, DROPPED)
    return [join([tag("code", reason), tag("small", f" {words}")]), *cells]


def _number(number: int, rows: int) -> Content:
    return join([f"{number:,} = ", share_cell(wilson(number, rows))]) if number else "0"


def _failures(run: FilterRun) -> Markup | None:
    counts = Counter(row["reason"] for row in run.rows if row["status"] == FAILED)
    if not counts:
        return None
    lines = [
        [tag("code", reason), f"{number:,}", reason_words(reason, run.manifest.words, FAILED)]
        for reason, number in counts.most_common()
    ]
    return table(["Failed for", "rows", "meaning"], lines, caption="Rows whose data could not be judged")
