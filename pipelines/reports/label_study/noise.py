"""The labels themselves: how an annotator's answers differ from people's."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Markup, join, tag
from pipelines.metrics.intervals.proportions import Counts, wilson
from pipelines.metrics.noise import answer_rates, transition
from pipelines.plots.confusion_map import confusion_map
from pipelines.reasons import reason_words
from pipelines.reports.label_study.figures import AnnotatorFigures
from pipelines.reports.page.tables import Cell, fold, paragraph, table
from pipelines.reports.page.wording import share_cell

ROW_BY_ROW = "Intervals of this table take every row for itself, also where rows share a picture."


def noise_section(annotator: AnnotatorFigures, labels: Sequence[str]) -> Markup:
    """Answers and reasons for none, then the noise: transitions, or with several labels per row what is
    missed and wrongly given of every label."""
    reasons = [
        tag("li", f"{number:,}: {reason_words(reason)}") for reason, number in annotator.reasons.items()
    ]
    noise = _transitions(annotator, labels) if annotator.decisions is None else _decisions(annotator, labels)
    listed = tag("ul", reasons) if reasons else None
    return join(tag("h3", annotator.name), _summary(annotator), listed, noise)


def _summary(annotator: AnnotatorFigures) -> Markup:
    rate, accuracy = share_cell(annotator.answer_rate), share_cell(annotator.accuracy)
    answered = [f"{annotator.name} answered ", rate, f" of {annotator.rows:,} training rows; "]
    if annotator.decisions is None:
        agreed = ["of the answers ", accuracy, " are the human's label."]
    else:
        agreed = ["the labels agree with the human's to a micro F1 of ", accuracy, "."]
    return paragraph(*answered, *agreed, " Rows without an answer are not learnt from.")


def _transitions(annotator: AnnotatorFigures, labels: Sequence[str]) -> Markup:
    assert annotator.confusion is not None
    lines, rates = transition(annotator.confusion), answer_rates(annotator.confusion)
    rows: list[list[Cell]] = [
        [label, int(counts.sum()), rate, *line]
        for label, counts, rate, line in zip(labels, annotator.confusion, rates, lines, strict=True)
    ]
    headings = ["Human label", "Rows", "Answered", *(f"→ {label}" for label in labels)]
    shaded = confusion_map(annotator.confusion, labels, name=f"labels of {annotator.name} by human label")
    title = "Noise transition matrix with intervals: shares of the answered rows of each human label"
    return join(shaded, fold(title, table(headings, rows), paragraph(ROW_BY_ROW, note=True)))


def _decisions(annotator: AnnotatorFigures, labels: Sequence[str]) -> Markup:
    assert annotator.decisions is not None
    rows = [_decision_row(label, cells) for label, cells in zip(labels, annotator.decisions, strict=True)]
    headings = [
        "Label", "Given by people", "Given by the model", "Missed", "Wrongly given", "Right of those given",
    ]  # fmt: skip
    note = (
        "Answered rows alone. Missed: of the rows that people give the label, the share that the model does "
        "not. Wrongly given: of the rows that people do not give it, the share that the model does. "
    )
    return join(table(headings, rows), paragraph(note + ROW_BY_ROW, note=True))


def _decision_row(label: str, cells: Counts) -> list[Cell]:
    (neither, wrong), (missed, both) = cells[:, :2].tolist()
    shares = [wilson(missed, missed + both), wilson(wrong, neither + wrong), wilson(both, both + wrong)]
    return [label, missed + both, wrong + both, *shares]
