"""The page on annotation runs that give several labels per row, single rows included."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.metrics.intervals.proportions import wilson
from pipelines.reasons import reason_words
from pipelines.reports.annotation.labelled_run import kinds_note, unanswered_kinds
from pipelines.reports.page.run_page import closing_words, model_terms, notice, run_terms
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import Cell, definitions, fold, paragraph, table
from pipelines.reports.page.wording import count, figure_cell, language_name
from pipelines.reports.several_labels.run import LabelSetRun, SetScores

SCORES = ("Answer rate", "All labels right", "Micro F1", "Macro F1")
TITLE = "What the annotators labelled, several labels per row"
TERMS: dict[str, Content] = {
    "Answer rate": "answered rows / rows a model was asked about. Rows that failed before are outside it.",
    "Free text (regex)": "every label that the model's answer names without negating it is given; an answer "
    "that names none is no answer.",
    "Ranking (rank)": "each label is decided by log-likelihood, and no label at all is an answer. By yes_no "
    "a label is given where its yes is likelier than its no; calibrated: its log odds after documents that "
    "say nothing are taken off first. By likelihood it is given where the document makes it likelier than "
    "documents that say nothing do.",
    "All labels right": "rows whose every label is people's / answered rows that people labelled.",
    "Micro F1, macro F1": "F1 of all decisions together; mean F1 over labels that occur. “On all” counts an "
    "unanswered row as one that was given no label.",
    "95 % intervals": "Wilson for shares; for F1 2,000 bootstrap draws over rows (percentiles, fixed seed), "
    "beyond 20,000 different rows the normal interval of the linear part.",
}
COLUMNS = ("text", "raw_output", "human_labels", "labels", "detail")


def render_sets(runs: Sequence[LabelSetRun]) -> Markup:
    """The page as text."""
    sections = [
        Section("rows", "What was labelled", _rows(runs)),
        Section("scores", "How good the labels are", _scores(runs)),
        Section("labels", "Every label", join(map(_labels, runs))),
        Section("languages", "Languages", _languages(runs)),
        Section("unanswered", "Rows without labels", join(_kinds(runs), map(examples, runs))),
        Section("cases", "Single rows", join(map(telling_rows, runs))),
        Section("method", "How this was measured", join(definitions(TERMS.items()), map(_settings, runs))),
    ]
    lead = paragraph(
        "Language models were given rows to which people had given any number of labels, and asked for all "
        "of them. This page says which rows got an answer, how many labels, and how often they are people's."
    )
    closing = closing_words([run.manifest for run in runs])
    return page(TITLE, join(lead, _pocket_notice(runs)), sections, closing)


def _pocket_notice(runs: Sequence[LabelSetRun]) -> Markup | None:
    models = [str(run.manifest.config["annotator"].get("checkpoint", "")) for run in runs]
    if not any(model.startswith("package:") for model in models):
        return None
    words = (
        "A pocket model wrote labels on this page: 135 million parameters, small enough for a laptop. Its "
        "figures say nothing about the models of the paper."
    )
    return notice(words)


def _rows(runs: Sequence[LabelSetRun]) -> Markup:
    headings = [
        "Run", "Task", "Rows", "Answered", "Unanswered", "Failed", "Labels per row", "People's", "None",
    ]  # fmt: skip
    lines: list[list[Cell]] = []
    for run in runs:
        given, human = run.given[run.answered].sum(axis=1), run.truth[run.judged].sum(axis=1)
        numbers = [run.manifest.rows[key] for key in ("in", "kept", "dropped", "failed")]
        means = [f"{some.mean():.2f}" if len(some) else "—" for some in (given, human)]
        none = wilson(int((given == 0).sum()), len(given))
        lines.append([run.title, run.task.name, *numbers, *means, none])
    note = (
        "Labels per row: given per answered row, and people's per row they labelled. None: answered rows "
        "that were given no label."
    )
    return join(table(headings, lines), paragraph(note, note=True))


def _scores(runs: Sequence[LabelSetRun]) -> Markup:
    if not any(run.judged.any() for run in runs):
        return paragraph("No row has human labels of this task, so nothing says how good they are.")
    lines: list[list[Cell]] = []
    for run in runs:
        scores = run.scores()
        share = run.truth[run.judged].mean() if run.judged.any() else None
        all_given = "—" if share is None else f"{2 * share / (1 + share):.3f}"
        lines.append([run.title, *_cells(scores), figure_cell(scores.micro_f1_on_all), all_given])
    note = (
        "The range after a figure is its 95 % interval. All given: the micro F1 of giving every row every "
        "label, which a useful annotator has to beat."
    )
    return join(table(["Run", *SCORES, "Micro F1 on all", "All given"], lines), paragraph(note, note=True))


def _cells(scores: SetScores) -> list[Cell]:
    """The cells of the columns SCORES."""
    return [scores.answer_rate, scores.exact, figure_cell(scores.micro_f1), figure_cell(scores.macro_f1)]


def _labels(run: LabelSetRun) -> Markup:
    rows = run.judged & run.answered
    truth, given = run.truth[rows], run.given[rows]
    lines: list[list[Cell]] = []
    for place, label in enumerate(run.task.labels):
        human, given_label = int(truth[:, place].sum()), int(given[:, place].sum())
        both = int((truth[:, place] & given[:, place]).sum())
        f1 = f"{2 * both / (human + given_label):.3f}" if human + given_label else "—"
        lines.append([label, human, given_label, wilson(both, given_label), wilson(both, human), f1])
    headings = ["Label", "Human", "Given", "Right when given (precision)", "Found (recall)", "F1"]
    return fold(f"{run.title}: {count(int(rows.sum()), 'judged row')}", table(headings, lines), open_=True)


def _languages(runs: Sequence[LabelSetRun]) -> Markup:
    lines: list[list[Cell]] = []
    for run in runs:
        for code in run.languages if len(run.languages) > 1 else ():
            here = run.in_language(code)
            lines.append([run.title, language_name(code), int(here.sum()), *_cells(run.scores(here))])
    if not lines:
        return paragraph("Not shown: the rows of every run are in one language, or do not say which.")
    return table(["Run", "Language", "Rows", *SCORES], lines)


def _kinds(runs: Sequence[LabelSetRun]) -> Markup:
    kinds, numbers = unanswered_kinds([run.manifest for run in runs])
    if not kinds:
        return paragraph("Every row that reached a model was answered.")
    lines: list[list[Cell]] = [[run.title, *counts] for run, counts in zip(runs, numbers, strict=True)]
    return join(table(["Run", *kinds], lines), kinds_note(kinds))


def _settings(run: LabelSetRun) -> Markup:
    number_format = str(run.manifest.determinism.get("dtype", "not recorded"))
    model = model_terms(run.manifest.config)
    terms = run_terms(run.manifest, *model, ("Number format", number_format))
    return fold(f"Settings: {run.title}", definitions([*terms, ("Prompt", tag("pre", run.asked.prompt))]))


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
    rows = run.manifest.rows_by_id(ids, COLUMNS)
    return tag("div", tag("h5", title), [_row(rows[one]) for one in ids if one in rows])


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
