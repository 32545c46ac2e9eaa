"""Single rows as in the paper's Figures 3 and 4: picture, text, human label, and every run's answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.markup import Markup, clip, join, tag
from pipelines.metrics.labels import NO_LABEL
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import Entry, TaskStudy
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.run_page import spread
from pipelines.reports.page.tables import paragraph
from pipelines.reports.page.wording import MODES, language_name, percent

COLUMNS = ("text", "images", "human_label", "language", "raw_output", "reason_text", "label", "confidence")
NOT_ASKED = -2  # the run did not have this row


@dataclass(frozen=True)
class Case:
    """A row worth looking at, and why."""

    row_id: str
    why: str


def case_studies(study: TaskStudy) -> Markup:
    """Up to six cards: rows on which the runs disagree, all fail, all succeed, or one gives no label."""
    cases = choose_cases(study.entries)
    if not cases:
        return paragraph("Not run: no row with a human label.", note=True)
    ids = [case.row_id for case in cases]
    rows = [entry.run.manifest.rows_by_id(ids, COLUMNS) for entry in study.entries]
    blind = paragraph("The pictures are for the reader: no run was shown them.", note=True)
    unseen = study.task.uses_image and not any(entry.run.use_images for entry in study.entries)
    cards = tag("div", [_card(case, study, rows) for case in cases], class_="cases")
    return join(blind if unseen else None, cards)


def choose_cases(entries: Sequence[Entry]) -> list[Case]:
    """Rows of the run with most scored rows, by what the runs made of them, spread evenly over the ids."""
    widest = max(entries, key=lambda entry: int((entry.run.truth != NO_LABEL).sum())).run
    answers = _answers(entries, widest)
    labelled, prompted = widest.truth != NO_LABEL, answers != NOT_ASKED
    right = (answers == widest.truth).sum(axis=0)
    silent = ((answers == NO_LABEL) & prompted).sum(axis=0)
    wrong = prompted.sum(axis=0) - right - silent
    who = "Every run" if len(entries) > 1 else "The run"
    kinds: list[tuple[str, NDArray[np.bool_], int]] = [
        ("The runs disagree", (right > 0) & (wrong + silent > 0), 3),
        (f"{who} is right", (right > 0) & (wrong + silent == 0), 1),
        (f"{who} is wrong", (wrong > 0) & (right + silent == 0), 1),
        ("No label", silent > 0, 1),
    ]
    ids = widest.table["id"]
    cases: list[Case] = []
    free = labelled.copy()
    for why, fits, most in kinds:
        fitting = np.flatnonzero(fits & free)
        positions = fitting[spread(len(fitting), most)].tolist()
        free[positions] = False
        cases += [Case(ids[position].as_py(), why) for position in positions]
    return cases


def _answers(entries: Sequence[Entry], widest: LabelRun) -> NDArray[np.int32]:
    """Label code per run and row of `widest`, shape `(runs, rows)`."""
    answers = np.full((len(entries), len(widest.truth)), NOT_ASKED, np.int32)
    for number, entry in enumerate(entries):
        here, there = widest.positions(entry.run)
        answers[number, here] = entry.run.predicted[there]
    return answers


def _card(case: Case, study: TaskStudy, rows: Sequence[dict[str, dict[str, Any]]]) -> Markup:
    had = [
        (entry, rows_by_id[case.row_id])
        for entry, rows_by_id in zip(study.entries, rows, strict=True)
        if case.row_id in rows_by_id
    ]
    first, root = had[0][1], had[0][0].run.manifest.image_root
    instruction = " … ".join(part.strip() for part in study.task.split_prompt() if part.strip())
    language = f" · {language_name(first['language'])}" if first.get("language") else None
    return tag(
        "article",
        tag("h4", case.why),
        pictures(first.get("images"), root),
        tag("p", clip(first.get("text"), 1200), class_="document", dir="auto"),
        tag("p", tag("strong", "Instruction: "), clip(instruction, 600), class_="note"),
        tag("p", tag("strong", "Truth: "), first["human_label"], language),
        tag("ul", [_answer(entry, row, first["human_label"]) for entry, row in had], class_="answers"),
        tag("p", tag("code", case.row_id), class_="note"),
        class_="card case",
    )


def _answer(entry: Entry, row: dict[str, Any], truth: str) -> Markup:
    label, raw = row["label"], row.get("raw_output")
    verdict = "no label" if label is None else "right" if label == truth else "wrong"
    mark = {"right": "✓ right", "wrong": "✗ wrong", "no label": "– no label"}[verdict]
    confidence = row.get("confidence")
    sure = ""
    if confidence is not None and label is not None:
        sure = f", confidence {percent(confidence) if confidence >= 0.001 else 'below 0.1%'}"
    mode = f"({MODES.get(entry.run.mode, entry.run.mode)})"
    return tag(
        "li",
        tag("span", mark, class_=f"mark {verdict.replace(' ', '-')}"),
        tag("strong", entry.title),
        f": {label or 'no label'}{sure}",
        tag("p", tag("q", clip(raw, 600), dir="auto") if raw else mode, class_="raw"),
    )
