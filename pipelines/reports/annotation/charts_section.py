"""The plots of one task: bars as in the paper's Figure 2, answer rate against accuracy, confusion."""

from __future__ import annotations

from pipelines.markup import Markup, join, tag
from pipelines.metrics.confusion import precisions, recalls
from pipelines.metrics.coverage import CoveragePoint, accuracy_at, coverage_curve
from pipelines.metrics.intervals.estimate import undefined
from pipelines.plots.axes import Reference
from pipelines.plots.bars import Bar, bar_chart
from pipelines.plots.confusion_map import confusion_map
from pipelines.plots.lines import coverage_chart
from pipelines.reports.annotation.study import Entry, TaskStudy
from pipelines.reports.page.tables import Cell, figure, fold, paragraph, table
from pipelines.reports.page.wording import percent

COVERAGES = (0.25, 0.5, 0.75, 1.0)
Curves = list[tuple[Entry, list[CoveragePoint]]]


def bars_and_curve(study: TaskStudy) -> Markup:
    """Both plots side by side, and the curve's figures below."""
    curves = [
        (entry, coverage_curve(entry.run.truth, entry.run.predicted, entry.run.confidence))
        for entry in study.entries
    ]
    plots = tag("div", _bars(study), _curve(curves), class_="figures")
    return join(plots, fold("Accuracy at four answer rates", _curve_table(curves)))


def confusions(study: TaskStudy) -> Markup:
    """A heat map per run, with precision and recall per label."""
    words = (
        "Percent of the rows with a human label that got each answer: every row of a matrix adds up to 100. "
        "Point at a cell for its count and interval."
    )
    maps = tag("div", [_confusion(entry) for entry in study.entries], class_="figures")
    return join(paragraph(words, note=True), maps)


def _bars(study: TaskStudy) -> Markup:
    """Relative to the supervised model for a task that asks for it, else with that model as a line."""
    if study.task.relative and any(entry.relative and entry.relative.on_answered for entry in study.entries):
        title = "Accuracy relative to the supervised model"
        meaning = "accuracy over the supervised model's, both on the rows the run answered"
        chart = bar_chart(_relative_bars(study), [Reference("supervised model", 1.0)], unit="×", name=title)
    else:
        title, meaning = "Accuracy of the answers", "accuracy on answered rows"
        chart = bar_chart(_plain_bars(study), _references(study), unit="%", name=title)
    return figure(title, chart, f"Wide bar: {meaning}, with its 95 % interval. Thin bar: answer rate.")


def _curve(curves: Curves) -> Markup | None:
    """The plot of answer rate against accuracy; None where no run has more than the one point of the bars."""
    if all(len(points) < 2 for _, points in curves):
        return None
    title = "Answer rate against accuracy"
    chart = coverage_chart([(entry.title, entry.number, points) for entry, points in curves], name=title)
    words = (
        "Keeping only the labels a run is surest of. A line that falls to the right means that its "
        "confidence is worth something. Free text has no confidence: it is one point."
    )
    return figure(title, chart, words, names=[(entry.number, entry.title) for entry, _ in curves])


def _curve_table(curves: Curves) -> Markup:
    headings = ["Run", *(f"at {100 * share:.0f}% answered" for share in COVERAGES)]
    rows: list[list[Cell]] = []
    for entry, points in curves:
        reached = [accuracy_at(points, share) for share in COVERAGES]
        rows.append([entry.title, *(one.accuracy if one else undefined(0, "not reached") for one in reached)])
    return table(headings, rows)


def _confusion(entry: Entry) -> Markup:
    labels, confusion = entry.run.task.labels, entry.scores.confusion
    per_label = zip(labels, confusion.sum(axis=1), recalls(confusion), precisions(confusion), strict=True)
    rows: list[list[Cell]] = [
        [label, int(number), recall, precision] for label, number, recall, precision in per_label
    ]
    headings = ["Label", "Rows", "Found (recall)", "Right when given (precision)"]
    return tag(
        "article",
        tag("h4", entry.title),
        confusion_map(confusion, labels, name=f"confusion matrix of {entry.title}"),
        fold("Per label, with intervals", table(headings, rows)),
        class_="card",
    )


def _plain_bars(study: TaskStudy) -> list[Bar]:
    bars = []
    for entry in study.entries:
        accuracy = entry.scores.on_answered
        text = "no accuracy" if accuracy.value is None else percent(accuracy.value)
        text += _answers(entry)
        bars.append(Bar(entry.title, accuracy, entry.scores.answer_rate, text, entry.number))
    return bars


def _relative_bars(study: TaskStudy) -> list[Bar]:
    bars = []
    for entry in study.entries:
        ratio = entry.relative.on_answered if entry.relative else None
        if ratio is None or ratio.value is None:
            bars.append(Bar(entry.title, undefined(0, ""), undefined(0, ""), "no baseline", entry.number))
        else:
            text = f"{ratio.value:.2f}×{_answers(entry)}"
            bars.append(Bar(entry.title, ratio, entry.scores.answer_rate, text, entry.number))
    return bars


def _answers(entry: Entry) -> str:
    rate = entry.scores.answer_rate.value
    return "" if rate is None else f", answers {100 * rate:.0f}%"


def _references(study: TaskStudy) -> list[Reference]:
    lines = []
    if study.majority.value is not None:
        label = f"always “{study.majority_label}”: {percent(study.majority.value)}"
        lines.append(Reference(label, study.majority.value))
    rates = [entry.relative.accuracy for entry in study.entries if entry.relative and entry.relative.accuracy]
    if rates and rates[0].value is not None:
        lines.append(Reference(f"supervised model: {percent(rates[0].value)}", rates[0].value))
    return lines
