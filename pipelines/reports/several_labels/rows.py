"""Single rows of an annotation run with several labels per row: the wrong, the right, the unanswered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.markup import Markup, clip, tag
from pipelines.reasons import reason_words
from pipelines.reports.page.tables import fold, paragraph
from pipelines.reports.page.wording import count
from pipelines.reports.several_labels.run import LabelSetRun

COLUMNS = ("text", "raw_output", "human_labels", "labels", "detail")


def telling_rows(run: LabelSetRun) -> Markup:
    """Rows with most wrong decisions, and rows with none."""
    groups = {title: ids for title, ids in run.telling().items() if ids}
    if not groups:
        return paragraph(f"{run.title}: no answered row has human labels.")
    blocks = [_group(run, title, ids) for title, ids in groups.items()]
    return fold(run.title, blocks, open_=True)


def examples(run: LabelSetRun) -> Markup | None:
    """A few unanswered and failed rows by reason; None where every row was answered."""
    if not run.marked:
        return None
    reasons, words = run.manifest.reasons, run.manifest.words
    numbers = {**reasons.get("dropped", {}), **reasons.get("failed", {})}
    blocks = [
        _group(run, f"{reason_words(reason, words)}: {count(numbers.get(reason, len(ids)), 'row')}", ids)
        for reason, ids in run.marked.items()
    ]
    return fold(f"Examples: {run.title}", blocks)


def _group(run: LabelSetRun, title: str, ids: Sequence[str]) -> Markup:
    found = run.manifest.rows_by_id(ids, COLUMNS)
    return tag("div", tag("h5", title), [_row(found[one]) for one in ids if one in found])


def _row(row: dict[str, Any]) -> Markup:
    answer, human, given = row.get("raw_output"), row.get("human_labels"), row.get("labels")
    return tag(
        "blockquote",
        tag("p", clip(row.get("text"), 300) or "(no text)", dir="auto"),
        tag("p", tag("strong", "People: "), ", ".join(human) or "no label") if human is not None else None,
        tag("p", tag("strong", "Given: "), ", ".join(given) or "no label") if given is not None else None,
        tag("p", "Answer: ", tag("q", clip(answer, 300), dir="auto")) if answer else None,
        tag("p", clip(row["detail"], 300), class_="note") if row.get("detail") else None,
        tag("p", tag("code", row["id"]), class_="note"),
    )
