"""Curves with their bands, whiskers and dots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipelines.markup import Content, Markup, tag
from pipelines.metrics.coverage import CoveragePoint
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.plots.axes import Axis, Frame, Reference
from pipelines.plots.drawing import point_list, put_dot, put_line, series

SHARES = (0.0, 1.0)


@dataclass(frozen=True)
class Line:
    """Points across and up, in the colour of a run.

    `intervals` holds low and high of every point: a band behind the curve, or a whisker at each dot.
    `dots` says which points are marked; `titles` what is shown when a dot is pointed at.
    """

    title: str
    number: int
    points: Sequence[tuple[float, float]]
    intervals: Sequence[tuple[float, float]] = ()
    band: bool = False
    joined: bool = True
    dots: Literal["none", "last", "all"] = "none"
    titles: Sequence[str] = ()
    style: str = ""

    @classmethod
    def of(cls, title: str, number: int, points: Sequence[tuple[float, Estimate]], **more: Any) -> Line:
        """Estimates, all of them defined, with their intervals."""
        figures = [(x, *estimate.numbers) for x, estimate in points]
        places, bounds = [(x, y) for x, y, _, _ in figures], [(low, high) for _, _, low, high in figures]
        return cls(title, number, places, bounds, **more)


def line_chart(
    lines: Sequence[Line],
    x: Axis,
    y: Axis,
    *,
    name: str,
    references: Sequence[Reference] = (),
    height: float = 180,
    legend: bool = False,
) -> Markup:
    """The curves in one frame, with a legend of their titles inside the plot where one is wanted."""
    frame = Frame(x, y, height, references)
    keys = [(line.number, line.title) for line in lines] if legend else []
    return frame.draw(name, [_curve(line, frame) for line in lines if line.points], legend=keys)


def coverage_chart(
    curves: Sequence[tuple[str, int, Sequence[CoveragePoint]]], *, name: str, measure: str = "accuracy"
) -> Markup:
    """Answer rate (across) against accuracy or another measure (up), one line per run with its band; a run
    without confidences is one point with its interval. A curve is its title, its number and its points."""
    lines = []
    for title, number, points in curves:
        figures = [(point.answer_rate, point.accuracy) for point in points]
        lines.append(Line.of(title, number, figures, band=True, dots="last"))
    across = Axis("answer rate →", *SHARES, "%")
    return line_chart(lines, across, Axis(f"↑ {measure} of these answers", *SHARES, "%"), name=name)


def _curve(line: Line, frame: Frame) -> Markup:
    style = line.style or series(line.number)
    places = [(frame.x(x), frame.y(y)) for x, y in line.points]
    bounds = [(frame.y(low), frame.y(high)) for low, high in line.intervals]
    parts: list[Content] = [tag("title", line.title) if line.title else None]
    if len(places) > 1 and line.band:
        across = [x for x, _ in places]
        lower, upper = (list(zip(across, side, strict=True)) for side in zip(*bounds, strict=True))
        edge = point_list([*upper, *reversed(lower)])
        parts.append(tag("polygon", points=edge, class_=f"band series-{line.number % 8}"))
    if len(places) > 1 and line.joined:
        parts.append(tag("polyline", points=point_list(places), class_=f"curve {style}"))
    first = {"none": len(places), "last": len(places) - 1, "all": 0}[line.dots]
    for place in range(first, len(places)):
        x, y = places[place]
        if bounds:
            parts.append(put_line(x, bounds[place][1], x, bounds[place][0], f"curve {style}"))
        parts.append(put_dot(x, y, style, line.titles[place] if line.titles else None))
    return tag("g", parts)
