"""Good and bad cases with their pictures (Figure 5 of paper B)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from actors.base import DROPPED, LIVE, row_seed
from actors.filters.rewritten_text import question_of
from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.filter.run import FilterRun, in_order
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.tables import paragraph, text_block

GOOD, BAD, REPAIRED = 6, 2, 4
LENGTH = 600
SHOWN = {
    "Rouge-L": "rouge_score", "similarity": "sts_similarity", "reward": "reward",
    "raw reward": "reward_original",
}  # fmt: skip


def cases_section(run: FilterRun) -> Markup:
    """Rows that were kept, rows that were repaired, and rows of every reason of refusal."""
    ids_by_kind = {"kept": _kept(run), "repaired": _repaired(run), **_refusals(run)}
    ids = [row_id for group in ids_by_kind.values() for row_id in group]
    texts = run.manifest.rows_by_id(ids, list(run.manifest.schema))
    parts: list[Content] = []
    for kind, ids in ids_by_kind.items():
        if ids:
            cards = [_card(texts[row_id], run.manifest.image_root) for row_id in ids]
            parts += [tag("h3", _title(run, kind)), tag("div", cards, class_="cases")]
    return join(parts) if parts else paragraph("There is no row to show.")


def _title(run: FilterRun, kind: str) -> Markup:
    titles = {"kept": "Good cases: kept as they are", "repaired": "Repaired: a paragraph was taken out"}
    if kind in titles:
        return join(titles[kind])
    return join("Bad cases: ", reason_words(kind, run.manifest.words, DROPPED), " ", tag("code", kind))


def _in_turn(ids: list[str], number: int) -> list[str]:
    """At most `number` of `ids`, drawn by the ids alone: the same in every report."""
    return sorted(ids, key=lambda row_id: row_seed(0, row_id))[:number]


def _kept(run: FilterRun) -> list[str]:
    by_task = defaultdict(list)
    for row in run.rows:
        if row["status"] == LIVE and not row["planted_fault"]:
            by_task[row["task"]].append(row["id"])
    each = max(1, GOOD // max(1, len(by_task)))
    return [row_id for task in sorted(by_task) for row_id in _in_turn(by_task[task], each)][:GOOD]


def _repaired(run: FilterRun) -> list[str]:
    if "filtered_paragraphs" not in run.manifest.schema:
        return []
    rows = run.manifest.table(["id", "status", "filtered_paragraphs"]).to_pylist()
    ids = [row["id"] for row in rows if row["status"] == LIVE and row["filtered_paragraphs"]]
    return _in_turn(ids, REPAIRED)


def _refusals(run: FilterRun) -> dict[str, list[str]]:
    ids_by_reason = defaultdict(list)
    for row in run.rows:
        if row["status"] == DROPPED:
            ids_by_reason[row["reason"]].append(row["id"])
    return {reason: _in_turn(ids_by_reason[reason], BAD) for reason in in_order(ids_by_reason)}


def _card(row: Mapping[str, Any], image_root: str | None) -> Markup:
    gone = row.get("filtered_paragraphs") or []
    removed = [
        tag("p", tag("del", clip(low["text"], LENGTH)), f" ({low['score']:.2f})", dir="auto") for low in gone
    ]
    return tag(
        "div",
        pictures(row["images"], image_root, most=None),
        tag("p", tag("strong", clip(question_of(row["instruction"]), 300)), dir="auto"),
        text_block("Raw", row.get("response_original"), LENGTH),
        text_block("Rewritten", row["response"], LENGTH),
        removed,
        _figures(row),
        tag("p", tag("code", row["id"]), class_="note"),
        class_="card case",
    )


def _figures(row: Mapping[str, Any]) -> Markup | None:
    parts = [f"{name} {row[key]:.2f}" for name, key in SHOWN.items() if row.get(key) is not None]
    if row.get("nli_similarity"):
        parts.append("NLI " + ", ".join(f"{logit:.2f}" for logit in row["nli_similarity"]))
    for key in ("paragraph_clip_scores", "paragraph_itm_scores"):
        if row.get(key):
            parts.append("paragraphs " + ", ".join(f"{score:.2f}" for score in row[key]))
    if row["detail"]:
        parts.append(clip(row["detail"], 160))
    if row.get("planted_fault"):
        parts.append(f"planted: {row['planted_fault'].replace('_', ' ')}")
    return tag("p", " · ".join(parts).replace(" -", " −"), class_="note") if parts else None
