"""The plots of a label study: bars by label source, and accuracy against the number of human labels."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Markup
from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.plots.axes import Axis, Reference
from pipelines.plots.bars import Bar, bar_chart
from pipelines.plots.drawing import SERIES, series
from pipelines.plots.lines import Line, line_chart
from pipelines.reports.label_study.figures import METRIC_NAMES, LabelSourceFigures, StudyFigures
from pipelines.reports.page.tables import figure
from pipelines.reports.page.wording import percent

ANSWER_KINDS = ("human", "model", "same_rows", "filtered", "cleaned", "mixture")
Point = tuple[float, Estimate]


def source_bars(study: StudyFigures) -> Markup:
    """The primary metric of the classifiers by label source, with that of the labels as the thin bar."""
    shown = [source for source in study.sources if source.kind in ANSWER_KINDS and source.figures]
    bars = [
        Bar(
            source.title,
            source.figures[study.primary],
            source.label_accuracy or undefined(0, ""),
            percent(source.figures[study.primary].value or 0.0),
            number,
        )
        for number, source in enumerate(shown)
    ]
    lines = []
    if study.majority.value is not None:
        always = "always the same labels" if study.task.multi_label else "always the commonest"
        lines.append(Reference(f"{always}: {percent(study.majority.value)}", study.majority.value))
    title = f"{METRIC_NAMES[study.primary]} by what the classifier was taught"
    thin = "the labels' own micro F1" if study.task.multi_label else "share of right labels"
    words = f"Wide bar: {study.measure} on the test rows with its 95 % interval. Thin bar: {thin}."
    return figure(title, bar_chart(bars, lines, unit="%", name=title), words)


def human_curve(study: StudyFigures) -> Markup:
    """The primary metric against human labels: people's alone, with the model's on the rest, and the model's
    alone as a level line."""
    alone = _points(study, [*study.of_kind("human_share"), *study.of_kind("human")])
    if len(alone) < 2:
        return Markup()
    ends = [min(x for x, _ in alone), max(x for x, _ in alone)]
    curves, levels, level_names = [_curve("human labels alone", 0, alone)], [], []
    for number, model in enumerate(study.of_kind("model"), 1):
        mixed = _points(study, [*study.of_kind("mixture", model.annotator), *study.of_kind("human")])
        if model.figures:
            level_names.append((number + SERIES, f"{model.title} alone, no human label"))
            level = model.figures[study.primary]
            value, low, high = map(percent, level.numbers)
            places, style = [(x, level) for x in ends], series(number + SERIES)
            words = f"{model.title} alone: {value}, {low} to {high}"
            levels.append(Line.of(words, number, places, band=True, style=style))
            curves.append(_curve(f"human labels and {model.title} on the rest", number, mixed))
    title = f"{METRIC_NAMES[study.primary]} against the number of human labels"
    names = [*((line.number, line.title) for line in curves), *level_names]
    lines = [*levels, *curves]
    across = Axis("human labels →", *_ends([x for line in lines for x, _ in line.points]), log=True)
    heights = [bound for line in lines for bounds in line.intervals for bound in bounds]
    up = Axis.over(f"↑ {study.measure} on the test rows", heights, unit="%")
    words = (
        "Bands and whiskers: 95 % intervals. Where the level line meets the curve, the model's labels "
        "are worth that many human ones. The scale of labels is logarithmic."
    )
    return figure(title, line_chart(lines, across, up, name=title), words, names=names)


def _points(study: StudyFigures, sources: Sequence[LabelSourceFigures]) -> list[Point]:
    points = [(source.num_human, source.figures[study.primary]) for source in sources if source.figures]
    return sorted(((x, y) for x, y in points if x > 0 and y.defined), key=lambda point: point[0])


def _ends(values: Sequence[float]) -> tuple[float, float]:
    """The least and the largest; a tenth more where they are the same, as an axis has a width."""
    low, high = min(values), max(values)
    return low, high if high > low else 1.1 * low


def _curve(title: str, number: int, points: Sequence[Point]) -> Line:
    titles = [f"{title}, {x:,.0f}: {percent(y.numbers[0])}" for x, y in points]
    return Line.of(title, number, points, dots="all", titles=titles)
