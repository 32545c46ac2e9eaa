"""Rows without a label: the unanswered by kind and the failed by reason, each with examples."""

from __future__ import annotations

from typing import Any

from actors.labels.parse.unanswered import NO_LABEL_KINDS, UNANSWERED
from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.annotation.study import Entry, TaskStudy
from pipelines.reports.page.tables import fold, paragraph, table
from pipelines.reports.page.wording import count, part_cell

COLUMNS = ("text", "raw_output", "detail")


def unlabelled_section(study: TaskStudy) -> Markup:
    """The table of kinds per run, then examples of every reason of every run."""
    return join(_kinds(study), map(_examples, study.entries))


def _kinds(study: TaskStudy) -> Markup:
    counts = [entry.run.manifest.reasons.get("dropped", {}) for entry in study.entries]
    seen = [kind for kind in NO_LABEL_KINDS if any(f"{UNANSWERED}{kind}" in reasons for reasons in counts)]
    if not seen:
        return paragraph("Every answer held a label.")
    headings = ["Run", *(kind.replace("_", " ") for kind in seen)]
    rows: list[list[Content]] = []
    for entry, reasons in zip(study.entries, counts, strict=True):
        found = [reasons.get(f"{UNANSWERED}{kind}", 0) for kind in seen]
        asked = len(entry.run.table)
        if any(found):
            rows.append([entry.title, *(part_cell(number, asked) for number in found)])
    meanings = "; ".join(f"{kind.replace('_', ' ')}: {NO_LABEL_KINDS[kind]}" for kind in seen)
    kinds = table(headings, rows, caption="Unanswered rows by kind")
    return join(kinds, paragraph(f"{meanings}.", note=True))


def _examples(entry: Entry) -> Markup | None:
    if not entry.run.marked:
        return None
    rows = entry.run.manifest.rows_by_id([row for ids in entry.run.marked.values() for row in ids], COLUMNS)
    reasons = entry.run.manifest.reasons
    numbers = {**reasons.get("dropped", {}), **reasons.get("failed", {})}
    blocks = [
        tag(
            "div",
            tag(
                "h5",
                f"{reason_words(reason, entry.run.manifest.words)} ",
                tag("code", reason),
                f" {count(numbers.get(reason, len(ids)), 'row')}",
            ),
            [_example(rows[row]) for row in ids if row in rows],
        )
        for reason, ids in entry.run.marked.items()
    ]
    return fold(f"Examples: {entry.title}", blocks)


def _example(row: dict[str, Any]) -> Markup:
    answer = row.get("raw_output")
    return tag(
        "blockquote",
        tag("p", clip(row.get("text"), 300) or "(no text)", dir="auto"),
        tag("p", "Answer: ", tag("q", clip(answer, 300), dir="auto")) if answer is not None else None,
        tag("p", clip(row["detail"], 300), class_="note") if row.get("detail") else None,
        tag("p", tag("code", row["id"]), class_="note"),
    )
