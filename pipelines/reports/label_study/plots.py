"""The plots of a label study: bars by label source, and accuracy against the number of human labels."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.reports.label_study.figures import METRIC_NAMES, SourceFigures, StudyFigures
from pipelines.reports.page.markup import Content, Markup, join, tag
from pipelines.reports.page.plot_parts import WIDTH, Scale, drawing, point_list, put_line, put_text
from pipelines.reports.page.svg import Bar, Reference, bar_chart, series, swatch
from pipelines.reports.page.wording import percent

HEIGHT, LEFT, TOP, BOTTOM = 240, 40, 18, 204
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
    return tag(
        "figure",
        tag("h4", title),
        bar_chart(bars, lines, unit="%", name=title),
        tag("figcaption", words),
    )


def human_curve(study: StudyFigures) -> Markup:
    """The primary metric against human labels: people's alone, with the model's on the rest, and the model's
    alone as a level line."""
    alone = _points(study, [*study.of_kind("human_share"), *study.of_kind("human")])
    if len(alone) < 2:
        return Markup()
    lines = [("human labels alone", 0, alone)]
    levels = []
    for number, model in enumerate(study.of_kind("model"), 1):
        mixed = _points(study, [*study.of_kind("mixture", model.annotator), *study.of_kind("human")])
        if model.figures:
            levels.append((f"{model.title} alone, no human label", number, model.figures[study.primary]))
            lines.append((f"human labels and {model.title} on the rest", number, mixed))
    title = f"{METRIC_NAMES[study.primary]} against the number of human labels"
    legend = [tag("li", swatch(number), name) for name, number, _ in lines]
    legend += [tag("li", swatch(number + 8), name) for name, number, _ in levels]
    words = "Bands and whiskers: 95 % intervals. Where the level line meets the curve, the model's labels "
    return tag(
        "figure",
        tag("h4", title),
        _chart(lines, levels, title, study.measure),
        tag("ul", legend, class_="legend"),
        tag("figcaption", words + "are worth that many human ones. The scale of labels is logarithmic."),
    )


def _points(study: StudyFigures, sources: Sequence[SourceFigures]) -> list[Point]:
    found = [(source.num_human, source.figures[study.primary]) for source in sources if source.figures]
    return sorted(((x, y) for x, y in found if x > 0 and y.defined), key=lambda point: point[0])


def _chart(
    lines: Sequence[tuple[str, int, list[Point]]],
    levels: Sequence[tuple[str, int, Estimate]],
    name: str,
    measure: str,
) -> Markup:
    places = [x for _, _, points in lines for x, _ in points]
    heights = [y for _, _, points in lines for _, y in points] + [level for _, _, level in levels]
    first, last = min(places), max(places)
    lowest = floor(10 * min(y.numbers[1] for y in heights)) / 10
    highest = max(ceil(10 * max(y.numbers[2] for y in heights)) / 10, lowest + 0.1)

    def x(labels: float) -> float:
        return round(LEFT + (WIDTH - LEFT - 12) * log(labels / first) / max(log(last / first), 1e-9), 1)

    def y(share: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (share - lowest) / (highest - lowest), 1)

    parts = _axes(x, y, [x for x, _ in lines[0][2]], (lowest, highest), measure)
    parts += [_level(title, number, level, x(first), x(last), y) for title, number, level in levels]
    parts += [_line(title, number, points, x, y) for title, number, points in lines if points]
    return drawing(HEIGHT, name, parts)


def _axes(x: Scale, y: Scale, sizes: list[float], ends: tuple[float, float], measure: str) -> list[Content]:
    parts: list[Content] = []
    steps = round((ends[1] - ends[0]) * 10)
    for step in range(steps + 1):
        share = ends[0] + step / 10
        parts.append(put_line(x(sizes[0]), y(share), x(sizes[-1]), y(share), "grid"))
        parts.append(put_text(LEFT - 5, y(share) + 4, f"{100 * share:.0f}%", "end"))
    free = -1e9
    for size in sizes:
        if x(size) - free > 30:  # a label is about that wide
            anchor = "start" if size == sizes[0] else "end" if size == sizes[-1] else "middle"
            parts.append(put_text(x(size), BOTTOM + 14, f"{size:,.0f}", anchor))
            free = x(size)
    parts.append(put_text(WIDTH / 2, HEIGHT - 6, "human labels →", "middle"))
    parts.append(put_text(LEFT, 9, f"↑ {measure} on the test rows", "start"))
    return parts


def _level(title: str, number: int, level: Estimate, left: float, right: float, y: Scale) -> Markup:
    value, low, high = level.numbers
    style = series(number + 8)
    band = [(left, y(low)), (right, y(low)), (right, y(high)), (left, y(high))]
    return tag(
        "g",
        tag("title", f"{title}: {percent(value)}, {percent(low)} to {percent(high)}"),
        tag("polygon", points=point_list(band), class_=f"band {series(number)}"),
        put_line(left, y(value), right, y(value), f"curve {style}"),
    )


def _line(title: str, number: int, points: list[Point], x: Scale, y: Scale) -> Markup:
    style = series(number)
    line = [(x(size), y(figure.numbers[0])) for size, figure in points]
    marks = [
        join(
            [
                put_line(place, y(figure.numbers[1]), place, y(figure.numbers[2]), f"curve {style}"),
                tag(
                    "circle",
                    tag("title", f"{title}, {size:,.0f}: {percent(figure.numbers[0])}"),
                    cx=place,
                    cy=height,
                    r=3.2,
                    class_=f"dot {style}",
                ),
            ]
        )
        for (size, figure), (place, height) in zip(points, line, strict=True)
    ]
    return tag(
        "g",
        tag("title", title),
        tag("polyline", points=point_list(line), class_=f"curve {style}"),
        marks,
    )
