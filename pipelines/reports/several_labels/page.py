"""The page on annotation runs that give several labels per row."""

from __future__ import annotations

from collections.abc import Sequence

from actors.labels.parse.unanswered import NO_LABEL_KINDS, UNANSWERED
from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.proportions import wilson
from pipelines.reports.page.run_page import closing_words, code_version, folder_and_command, notice
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import definitions, fold, paragraph, table
from pipelines.reports.page.wording import count, figure_cell, language_name, share_cell
from pipelines.reports.several_labels.rows import examples, telling_rows
from pipelines.reports.several_labels.run import LabelSetRun

TITLE = "What the annotators labelled, several labels per row"
TERMS: list[tuple[str, Content]] = [
    ("Answer rate", "answered rows / rows a model was asked about. Rows that failed before are outside it."),
    (
        "Free text (regex)",
        "every label that the model's answer names without negating it is given; an answer that names none "
        "is no answer.",
    ),
    (
        "Ranking (rank)",
        "each label is decided by log-likelihood, and no label at all is an answer. By yes_no a label is "
        "given where its yes is likelier than its no; calibrated: its log odds after documents that say "
        "nothing are taken off first. By likelihood it is given where the document makes it likelier than "
        "documents that say nothing do.",
    ),
    ("All labels right", "rows whose every label is people's / answered rows that people labelled."),
    (
        "Micro F1, macro F1",
        "F1 of all decisions together; mean F1 over labels that occur. “On all” counts an unanswered row as "
        "one that was given no label.",
    ),
    (
        "95 % intervals",
        "Wilson for shares; for F1 2,000 bootstrap draws over rows (percentiles, fixed seed), beyond 20,000 "
        "different rows the normal interval of the linear part.",
    ),
]


def render_sets(runs: Sequence[LabelSetRun]) -> Markup:
    """The page as text."""
    sections = [
        Section("rows", "What was labelled", _rows(runs)),
        Section("scores", "How good the labels are", _scores(runs)),
        Section("labels", "Every label", join([_labels(run) for run in runs])),
        Section("languages", "Languages", _languages(runs)),
        Section("unanswered", "Rows without labels", join([_kinds(runs), [examples(run) for run in runs]])),
        Section("cases", "Single rows", join([telling_rows(run) for run in runs])),
        Section("method", "How this was measured", _method(runs)),
    ]
    lead = paragraph(
        "Language models were given rows to which people had given any number of labels, and asked for all "
        "of them. This page says which rows got an answer, how many labels, and how often they are people's."
    )
    return page(
        TITLE, join([lead, _pocket_notice(runs)]), sections, closing_words([run.manifest for run in runs])
    )


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
        "Run",
        "Task",
        "Rows",
        "Answered",
        "Unanswered",
        "Failed",
        "Labels per row",
        "People's",
        "None",
    ]
    lines: list[list[Content]] = []
    for run in runs:
        rows, answered = run.manifest.rows, run.answered
        given, human = run.given[answered].sum(axis=1), run.truth[run.judged].sum(axis=1)
        lines.append(
            [
                run.title,
                run.task.name,
                *(f"{rows[key]:,}" for key in ("in", "kept", "dropped", "failed")),
                f"{given.mean():.2f}" if len(given) else "—",
                f"{human.mean():.2f}" if len(human) else "—",
                share_cell(wilson(int((given == 0).sum()), len(given))),
            ]
        )
    note = (
        "Labels per row: given per answered row, and people's per row they labelled. None: answered rows "
        "that were given no label."
    )
    return join([table(headings, lines), paragraph(note, note=True)])


def _scores(runs: Sequence[LabelSetRun]) -> Markup:
    if not any(run.judged.any() for run in runs):
        return paragraph("No row has human labels of this task, so nothing says how good they are.")
    headings = [
        "Run",
        "Answer rate",
        "All labels right",
        "Micro F1",
        "Macro F1",
        "Micro F1 on all",
        "All given",
    ]
    lines: list[list[Content]] = []
    for run in runs:
        scores = run.scores()
        share = run.truth[run.judged].mean() if run.judged.any() else None
        lines.append(
            [
                run.title,
                share_cell(scores.answer_rate),
                share_cell(scores.exact),
                figure_cell(scores.micro_f1),
                figure_cell(scores.macro_f1),
                figure_cell(scores.micro_f1_on_all),
                "—" if share is None else f"{2 * share / (1 + share):.3f}",
            ]
        )
    note = (
        "The range after a figure is its 95 % interval. All given: the micro F1 of giving every row every "
        "label, which a useful annotator has to beat."
    )
    return join([table(headings, lines), paragraph(note, note=True)])


def _labels(run: LabelSetRun) -> Markup:
    rows = run.judged & run.answered
    truth, given = run.truth[rows], run.given[rows]
    lines: list[list[Content]] = []
    for place, label in enumerate(run.task.labels):
        human, given_label = int(truth[:, place].sum()), int(given[:, place].sum())
        both = int((truth[:, place] & given[:, place]).sum())
        f1 = f"{2 * both / (human + given_label):.3f}" if human + given_label else "—"
        shares = [share_cell(wilson(both, given_label)), share_cell(wilson(both, human))]
        lines.append([label, f"{human:,}", f"{given_label:,}", *shares, f1])
    headings = ["Label", "Human", "Given", "Right when given (precision)", "Found (recall)", "F1"]
    return fold(f"{run.title}: {count(int(rows.sum()), 'judged row')}", table(headings, lines), open_=True)


def _languages(runs: Sequence[LabelSetRun]) -> Markup:
    headings = ["Run", "Language", "Rows", "Answer rate", "All labels right", "Micro F1", "Macro F1"]
    lines: list[list[Content]] = []
    for run in runs:
        for code in run.languages if len(run.languages) > 1 else ():
            here = run.in_language(code)
            scores = run.scores(here)
            shares = [share_cell(scores.answer_rate), share_cell(scores.exact)]
            figures = [figure_cell(scores.micro_f1), figure_cell(scores.macro_f1)]
            lines.append([run.title, language_name(code), f"{int(here.sum()):,}", *shares, *figures])
    if not lines:
        return paragraph("Not shown: the rows of every run are in one language, or do not say which.")
    return table(headings, lines)


def _kinds(runs: Sequence[LabelSetRun]) -> Markup:
    counts = [run.manifest.reasons.get("dropped", {}) for run in runs]
    seen = [kind for kind in NO_LABEL_KINDS if any(f"{UNANSWERED}{kind}" in reasons for reasons in counts)]
    if not seen:
        return paragraph("Every row that reached a model was answered.")
    lines: list[list[Content]] = [
        [run.title, *(f"{reasons.get(f'{UNANSWERED}{kind}', 0):,}" for kind in seen)]
        for run, reasons in zip(runs, counts, strict=True)
    ]
    meanings = "; ".join(f"{kind.replace('_', ' ')}: {NO_LABEL_KINDS[kind]}" for kind in seen)
    headings = ["Run", *(kind.replace("_", " ") for kind in seen)]
    return join([table(headings, lines), paragraph(f"{meanings}.", note=True)])


def _method(runs: Sequence[LabelSetRun]) -> Markup:
    return join([definitions(TERMS), [_settings(run) for run in runs]])


def _settings(run: LabelSetRun) -> Markup:
    manifest, config = run.manifest, run.manifest.config
    pairs: list[tuple[str, Content]] = [
        *folder_and_command(manifest),
        ("Model", tag("code", str(config["annotator"].get("checkpoint", "not recorded")))),
        ("Engine, seed", f"{config.get('engine', 'not recorded')}, {config.get('seed', 'not recorded')}"),
        ("Number format", str(manifest.determinism.get("dtype", "not recorded"))),
        code_version(manifest),
        ("Prompt", tag("pre", run.asked.prompt)),
    ]
    return fold(f"Settings: {run.title}", definitions(pairs))
