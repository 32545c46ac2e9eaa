"""What a classifying run was given, what it left unlabelled and why, and which labels it gave."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Markup, join, tag
from pipelines.reasons import reason_words
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.classified.scores import estimates
from pipelines.reports.page.run_page import outcomes
from pipelines.reports.page.tables import Cell, fold, paragraph, table
from pipelines.reports.page.wording import count, percent

PARTS = (("kept", "labelled"), ("dropped", "dropped"), ("failed", "failed"))
MOST_OUTSIDE = 20


def rows_section(run: ClassifiedRun) -> Markup:
    """Rows in and out with reasons, grey pictures, empty texts, unknown labels, and the labels given."""
    rows, live = run.manifest.rows, len(run.judged)
    parts = [f"{rows[key]:,} {words}" for key, words in PARTS if rows[key] or key == "kept"]
    return join(
        paragraph(f"{count(rows['in'], 'row')} came in: {', '.join(parts)}."),
        outcomes(run.manifest, PARTS),
        tag("h3", "What the labelled rows lacked"),
        _lacks(run),
        tag("h3", "Labels given"),
        _given(run) if live else paragraph("None."),
    )


def comparison(runs: Sequence[ClassifiedRun]) -> Markup:
    """A line per run: rows and figures."""
    lines: list[list[Cell]] = []
    figures = [estimates(run) for run in runs]
    names = list(dict.fromkeys(name for found in figures for name in found))
    for run, found in zip(runs, figures, strict=True):
        numbers = [run.manifest.rows["in"], len(run.judged), run.problems.total(), len(run.truth)]
        cells = [found.get(name, "—") for name in names]
        lines.append([run.manifest.path.resolve().name, *numbers, *cells])
    return table(["Run", "Rows in", "Labelled", "Grey picture", "Judged", *names], lines)


def _lacks(run: ClassifiedRun) -> Markup:
    lines = [
        [f"Grey picture: {reason_words(reason)}", *_share(number, len(run.judged))]
        for reason, number in run.problems.most_common()
    ]
    if run.empty_texts:
        lines.append(["Empty text", *_share(run.empty_texts, len(run.judged))])
    if not lines:
        lines.append(["Nothing: every row had a readable picture and a text", "", ""])
    lacking = table(["What", "Rows", "Share of labelled rows"], lines)
    if not run.outside:
        return lacking
    shown = run.outside.most_common(MOST_OUTSIDE)
    words = (
        f"{count(run.outside.total(), 'human label')} of {count(len(run.outside), 'kind')} "
        f"{'is' if len(run.outside) == 1 else 'are'} none of the model's; rows with one are not judged."
    )
    return join(lacking, paragraph(words), fold("Unknown labels", table(["Human label", "Times"], shown)))


def _given(run: ClassifiedRun) -> Markup:
    names = sorted(run.labels, key=lambda name: -run.given_labels[name])
    lines = [[name, *_share(run.given_labels[name], len(run.judged))] for name in names]
    if run.without_label:
        lines.append(["no label", *_share(run.without_label, len(run.judged))])
    return table(["Label", "Rows", "Share of labelled rows"], lines)


def _share(number: int, total: int) -> list[str]:
    return [f"{number:,}", percent(number / total) if total else "—"]
