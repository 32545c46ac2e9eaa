"""Labelled and unlabelled rows with reasons: the overview of the page, and examples of unlabelled rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.markup import Markup, clip, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.annotation.labelled_run import kinds_note, unanswered_kinds
from pipelines.reports.annotation.study import Entry, TaskStudy
from pipelines.reports.page.run_page import outcome_bar, reason_table
from pipelines.reports.page.tables import colour_legend, fold, paragraph, table
from pipelines.reports.page.wording import MODE_MEANING, MODES, count, listing, part_cell, percent

PARTS = (("kept", "labelled"), ("dropped", "no label in the answer"), ("failed", "failed before an answer"))
MOST_NAMES = 3
COLUMNS = ("text", "raw_output", "detail")


def overview(studies: Sequence[TaskStudy]) -> Markup:
    """A card per task: its summary, its annotators, and how many rows got a label."""
    cards = [_overview(study, f"task-{number}") for number, study in enumerate(studies)]
    return join(tag("div", cards, class_="grid"), colour_legend(PARTS))


def rows_section(study: TaskStudy) -> Markup:
    """A card per run of the task: its rows, what the model saw of them, and how many got a label."""
    modes = {entry.run.mode for entry in study.entries}
    meaning = " ".join(f"{MODES[one].capitalize()}: {MODE_MEANING[one]}." for one in MODES if one in modes)
    runs = tag("div", [_run(entry) for entry in study.entries], class_="grid")
    return join(runs, colour_legend(PARTS), paragraph(meaning, note=True))


def sentences(entry: Entry) -> str:
    """One run in words: rows, source, picture or text only, and how many rows got a label."""
    rows, config = entry.run.manifest.rows, entry.run.manifest.config
    name = (config.get("source") or {}).get("name") or "the source"
    inputs = "picture and text" if entry.run.use_images else "text only"
    limit = (config.get("run") or {}).get("limit")
    cut = f", --limit {limit:,}" if limit else ""
    start = f"{entry.run.annotator} was given {count(rows['in'], 'row')} of {name} ({inputs}{cut})."
    return f"{start} {_outcome(rows)}."


def _overview(study: TaskStudy, anchor: str) -> Markup:
    runs = [entry.run for entry in study.entries]
    rows = {key: sum(run.manifest.rows[key] for run in runs) for key in ("in", "kept", "dropped", "failed")}
    names = sorted({run.annotator for run in runs})
    annotators = listing(names) if len(names) <= MOST_NAMES else f"{len(names)} annotators"
    words = f"{count(len(runs), 'run')} by {annotators}, {count(rows['in'], 'row')} in all."
    return tag(
        "article",
        tag("h4", tag("a", study.task.name, href=f"#{anchor}")),
        paragraph(study.task.summary),
        outcome_bar(rows, words),
        paragraph(f"{words} {_outcome(rows)}."),
        class_="card",
    )


def _run(entry: Entry) -> Markup:
    return tag(
        "article",
        tag("h4", entry.title),
        paragraph(sentences(entry)),
        outcome_bar(entry.run.manifest.rows, entry.title),
        reason_table(entry.run.manifest, "Every row got a label."),
        paragraph(_scored_words(entry), note=True),
        class_="card",
    )


def _outcome(rows: Mapping[str, int]) -> str:
    share = f" ({percent(rows['kept'] / rows['in'])})" if rows["in"] else ""
    parts = [f"{rows['kept']:,}{share} got a label"]
    if rows["dropped"]:
        parts.append(f"{rows['dropped']:,} got none")
    if rows["failed"]:
        parts.append(f"{rows['failed']:,} failed before an answer")
    return listing(parts)


def _scored_words(entry: Entry) -> str:
    """Numbers of scored rows, and of free answers with a reason beyond the label, in words."""
    run, kept = entry.run, entry.run.manifest.rows["kept"]
    words = f"Scored against human labels: {count(len(run.table) - run.num_unscored, 'row')}."
    if run.num_unscored:
        missing = count(run.num_unscored, "row has", "rows have")
        words += f" {missing} no human label of this task: counted, not scored."
    if run.foreign_labels:
        words += f" Of these, {run.foreign_labels:,} carry a human label that is not in the task's list."
    if run.mode == "regex" and kept:
        reasons = run.num_reasons()
        words += f" {reasons:,} of the labelled answers ({percent(reasons / kept)}) also gave a reason."
    return words


def unlabelled_section(study: TaskStudy) -> Markup:
    """The table of kinds per run, then examples of every reason of every run."""
    return join(_kinds(study), map(_examples, study.entries))


def _kinds(study: TaskStudy) -> Markup:
    kinds, numbers = unanswered_kinds([entry.run.manifest for entry in study.entries])
    if not kinds:
        return paragraph("Every answer held a label.")
    rows = [
        [entry.title, *(part_cell(number, len(entry.run.table)) for number in found)]
        for entry, found in zip(study.entries, numbers, strict=True)
        if any(found)
    ]
    return join(table(["Run", *kinds], rows, caption="Unanswered rows by kind"), kinds_note(kinds))


def _examples(entry: Entry) -> Markup | None:
    if not entry.run.marked:
        return None
    rows = entry.run.manifest.rows_by_id([row for ids in entry.run.marked.values() for row in ids], COLUMNS)
    reasons = entry.run.manifest.reasons
    numbers = {**reasons.get("dropped", {}), **reasons.get("failed", {})}
    blocks = []
    for reason, ids in entry.run.marked.items():
        words = f"{reason_words(reason, entry.run.manifest.words)} "
        number = f" {count(numbers.get(reason, len(ids)), 'row')}"
        heading = tag("h5", words, tag("code", reason), number)
        blocks.append(tag("div", heading, [_example(rows[row]) for row in ids if row in rows]))
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
