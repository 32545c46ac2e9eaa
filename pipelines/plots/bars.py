"""Bars: horizontal ones with intervals, one cut into shares, and vertical ones over ranges of a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.markup import Content, Markup, tag
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.plots.axes import Axis, Frame, Reference
from pipelines.plots.drawing import (
    LETTER,
    LINE,
    WIDTH,
    letters,
    put_box,
    put_text,
    put_whisker,
    series,
    wrap_text,
)  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """A bar with its interval and, thinner below it, an answer rate."""

    label: str
    value: Estimate
    answer_rate: Estimate
    text: str
    number: int


def bar_chart(bars: Sequence[Bar], references: Sequence[Reference], *, unit: str, name: str) -> Markup:
    """Horizontal bars from 0. `unit` is `%` (values are shares) or `×` (values are ratios)."""
    figures = [bar.value.high or bar.value.value or 0.0 for bar in bars] + [line.value for line in references]
    across = Axis("", 0.0, 1.0 if unit == "%" else max(1.0, *figures), unit)
    across = across if unit == "%" else across.round_outwards()
    labels = [wrap_text(bar.label, (WIDTH - 26) / LETTER / 1.08 - letters(bar.text)) for bar in bars]
    heights = [LINE * len(lines) + 27 for lines in labels]
    frame = Frame(across, None, sum(heights), references)
    tops = [frame.top + sum(heights[:number]) + LINE * len(lines) for number, lines in enumerate(labels)]
    parts = [_bar(bar, frame, lines, top) for bar, lines, top in zip(bars, labels, tops, strict=True)]
    return frame.draw(name, parts, spans=[(top, top + 20) for top in tops])


def stacked_bar(parts: Sequence[tuple[str, int]], *, name: str) -> Markup:
    """One bar cut into shares; `parts` are (style class, count)."""
    total, x, cells = sum(number for _, number in parts), 0.0, []
    for style, number in parts:
        width = WIDTH * number / total if total else 0.0
        cells.append(put_box(x, 0, width, 10, style))
        x += width
    return tag(
        "svg", cells, viewBox=f"0 0 {WIDTH} 10", preserveAspectRatio="none", class_="stack-bar", role="img",
        aria_label=name,
    )  # fmt: skip


def column_chart(
    edges: Sequence[float],
    layers: Sequence[tuple[str, Sequence[float]]],
    x: Axis,
    y: Axis,
    *,
    name: str,
    references: Sequence[Reference] = (),
    stacked: bool = False,
    titles: Sequence[str] = (),
) -> Markup:
    """Bars that stand between neighbouring `edges`, one layer before or, if `stacked`, on top of the other.

    Args:
        layers: style classes, and a height for each pair of edges.
        titles: what is shown when a place is pointed at.
    """
    frame = Frame(x, y, 130, references)
    columns: list[Content] = []
    for place, (left, right) in enumerate(pairwise(edges)):
        boxes: list[Content] = [tag("title", titles[place])] if titles else []
        start, floor = frame.x(left) + 0.5, 0.0
        for style, heights in layers:
            if heights[place]:
                top, bottom = frame.y(floor + heights[place]), frame.y(floor)
                width = max(0.5, frame.x(right) - start - 0.5)
                more = {} if stacked else {"fill_opacity": "0.55"}
                boxes.append(put_box(start, top, width, bottom - top, style, **more))
                floor += heights[place] if stacked else 0.0
        columns.append(tag("g", boxes))
    return frame.draw(name, columns)


def _bar(bar: Bar, frame: Frame, lines: Sequence[str], top: float) -> Markup:
    bits: list[Content] = [tag("title", f"{bar.label}: {bar.text}")]
    for estimate, start, height, style in ((bar.value, 2, 11, "bar"), (bar.answer_rate, 14, 4, "thin-bar")):
        if estimate.value is not None:
            width = max(0.5, frame.x(estimate.value) - frame.left)
            bits.append(put_box(frame.left, top + start, width, height, f"{style} {series(bar.number)}"))
    if bar.value.defined:
        _, low, high = bar.value.numbers
        bits.append(put_whisker(frame.x(low), frame.x(high), top + 7.5))
    first = top - LINE * len(lines) + 11
    bits += [
        put_text(frame.left, first + LINE * n, line, "start", "bar-label") for n, line in enumerate(lines)
    ]
    bits.append(put_text(WIDTH - 8, first, bar.text, "end", "bar-value"))
    return tag("g", bits)
