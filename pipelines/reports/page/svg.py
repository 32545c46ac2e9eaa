"""Plots as inline vector graphics, 360 units wide so that text stays readable on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from pipelines.metrics.coverage import CoveragePoint
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Counts, wilson
from pipelines.reports.page.markup import Content, Markup, join, tag
from pipelines.reports.page.plot_parts import WIDTH, Scale, drawing, point_list, put_line, put_text
from pipelines.reports.page.wording import percent

SERIES = 8  # colours in the style sheet; more runs than that begin again with dashes


@dataclass(frozen=True)
class Bar:
    """A bar with its interval and, thinner below it, an answer rate."""

    label: str
    value: Estimate
    answer_rate: Estimate
    text: str
    number: int


@dataclass(frozen=True)
class Reference:
    """A vertical line across all bars."""

    label: str
    value: float


def bar_chart(bars: Sequence[Bar], references: Sequence[Reference], *, unit: str, name: str) -> Markup:
    """Horizontal bars from 0. `unit` is `%` (values are shares) or `×` (values are ratios)."""
    row, top = 40, 16 * len(references) + 8
    figures = [bar.value.high or bar.value.value or 0.0 for bar in bars] + [line.value for line in references]
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0] if unit == "%" else _ratio_ticks(max(figures, default=1.0))
    reach, bottom = ticks[-1], top + row * len(bars)

    def x(value: float) -> float:
        return round(8 + (WIDTH - 24) * min(value, reach) / reach, 1)

    starts = [float(top + row * number) for number in range(len(bars))]
    shapes = [_bar_shapes(bar, x, start) for bar, start in zip(bars, starts, strict=True)]
    texts = [_bar_texts(bar, start) for bar, start in zip(bars, starts, strict=True)]
    lines = [_reference(line, number, x, starts) for number, line in enumerate(references)]
    return drawing(bottom + 20, name, [_axis(ticks, x, top - 4, bottom, unit), shapes, lines, texts])


def coverage_chart(
    curves: Sequence[tuple[str, int, Sequence[CoveragePoint]]], *, name: str, measure: str = "accuracy"
) -> Markup:
    """Answer rate (across) against accuracy or another measure (up), one line per run with its band; a run
    without confidences is one point with its interval. A curve is its title, its number and its points."""
    height, left, top, bottom = 240, 34, 18, 208

    def x(share: float) -> float:
        return round(left + (WIDTH - left - 10) * share, 1)

    def y(share: float) -> float:
        return round(bottom - (bottom - top) * share, 1)

    parts: list[Content] = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        label = f"{100 * share:.0f}%"
        parts += [
            put_line(x(0), y(share), x(1), y(share), "grid"),
            put_text(left - 5, y(share) + 4, label, "end"),
        ]
        parts.append(put_text(x(share), bottom + 14, label, "end" if share == 1 else "middle"))
    parts.append(put_text(x(0.5), height - 4, "answer rate →", "middle"))
    parts.append(put_text(left, 9, f"↑ {measure} of these answers", "start"))
    for title, number, points in curves:
        parts.append(_curve(title, number, points, x, y))
    return drawing(height, name, parts)


def confusion_map(confusion: Counts, labels: Sequence[str], *, name: str) -> Markup:
    """Human labels down, answers across, the unanswered last where `confusion` counts them; a cell is shaded
    by its share of its row, and says share, count and interval when pointed at."""
    columns = [*labels, "no answer"][: confusion.shape[1]]
    left, top = 92, 66
    width = (WIDTH - left - 36) / len(columns)
    height = min(38.0, max(26.0, width))
    parts: list[Content] = [
        put_text(left, 8, "answer →", "start"),
        put_text(left - 6, top - 6, "human label ↓", "end"),
    ]
    for column, label in enumerate(columns):
        x = left + width * (column + 0.5)
        turned = f"rotate(-38 {x:.1f} {top - 6})"
        parts.append(tag("text", fitted(label, 15), x=f"{x:.1f}", y=top - 6, transform=turned))
    for row, label in enumerate(labels):
        y = top + height * row
        parts.append(put_text(left - 6, y + height / 2 + 4, fitted(label, 14), "end"))
        total = int(confusion[row].sum())
        for column, heading in enumerate(columns):
            where = f"{label} → {heading}"
            box = (left + width * column, y, width, height)
            parts.append(_cell(int(confusion[row, column]), total, box, where, column == row))
    return drawing(round(top + height * len(labels) + 6), name, parts)


def stacked_bar(parts: Sequence[tuple[str, int]], *, name: str) -> Markup:
    """One bar cut into shares; `parts` are (style class, count)."""
    total, x, cells = sum(number for _, number in parts), 0.0, []
    for style, number in parts:
        width = WIDTH * number / total if total else 0
        cells.append(tag("rect", x=f"{x:.2f}", y=0, width=f"{width:.2f}", height=10, class_=style))
        x += width
    return tag(
        "svg", cells, viewBox=f"0 0 {WIDTH} 10", preserveAspectRatio="none", class_="stack-bar", role="img",
        aria_label=name,
    )  # fmt: skip


def swatch(number: int) -> Markup:
    """The line sample of run `number`, for a legend."""
    line = put_line(1, 6, 23, 6, f"curve {series(number)}")
    return tag("svg", line, viewBox="0 0 24 12", class_="swatch", aria_hidden="true")


def series(number: int) -> str:
    """Style classes of run `number`."""
    return f"series-{number % SERIES}" + (" dashed" if number >= SERIES else "")


def fitted(text: str, room: float) -> str:
    """As much of `text` as fits into `room` letters of middling width, wide letters counting for more."""
    for end, letter in enumerate(text):
        wide = east_asian_width(letter) in "WF"
        room -= 1.9 if wide else 1.5 if letter in "mwMW@%" else 1.2 if letter.isupper() else 1.0
        if room < 0:
            return text[:end].rstrip() + "…"
    return text


def _bar_shapes(bar: Bar, x: Scale, y: float) -> Markup:
    bits: list[Content] = [tag("title", f"{bar.label}: {bar.text}")]
    for estimate, top, height, style in ((bar.value, 15, 11, "bar"), (bar.answer_rate, 27, 4, "thin-bar")):
        if estimate.value is not None:
            width = max(0.5, x(estimate.value) - x(0))
            style = f"{style} {series(bar.number)}"
            bits.append(tag("rect", x=x(0), y=y + top, width=round(width, 1), height=height, class_=style))
    if bar.value.defined:
        _, low, high = bar.value.numbers
        bits.append(_whisker(x(low), x(high), y + 20.5))
    return tag("g", bits)


def _bar_texts(bar: Bar, y: float) -> Markup:
    label = put_text(8, y + 11, fitted(bar.label, 50 - len(bar.text)), "start", "bar-label")
    return join([label, put_text(WIDTH - 8, y + 11, bar.text, "end", "bar-value")])


def _reference(line: Reference, number: int, x: Scale, rows: Sequence[float]) -> Markup:
    """The line beside its name at the top, and again across each bar: names of bars stay free of it."""
    where, style, y = x(line.value), f"reference reference-{number % 2}", 6 + 16 * number
    shift, anchor = (-4, "end") if where > WIDTH * 0.6 else (4, "start")
    spans = [(y, y + 10), *((row + 13, row + 33) for row in rows)]
    lines = [put_line(where, top, where, bottom, style) for top, bottom in spans]
    return join([lines, put_text(where + shift, y + 9, line.label, anchor, "bar-value")])


def _whisker(left: float, right: float, y: float) -> Markup:
    ends = [put_line(end, y - 3, end, y + 3, "whisker") for end in (left, right)]
    return join([put_line(left, y, right, y, "whisker"), ends])


def _curve(title: str, number: int, points: Sequence[CoveragePoint], x: Scale, y: Scale) -> Markup:
    if not points:
        return Markup()
    across = [x(point.answer_rate) for point in points]
    middle, low, high = (
        [y(v) for v in part] for part in zip(*(point.accuracy.numbers for point in points), strict=True)
    )
    line, lower, upper = (list(zip(across, part, strict=True)) for part in (middle, low, high))
    style, (last_x, last_y) = series(number), line[-1]
    bits: list[Content] = [tag("title", title)]
    if len(points) > 1:
        bits.append(tag("polygon", points=point_list([*upper, *reversed(lower)]), class_=f"band {style}"))
        bits.append(tag("polyline", points=point_list(line), class_=f"curve {style}"))
    bits.append(put_line(last_x, upper[-1][1], last_x, lower[-1][1], f"curve {style}"))
    bits.append(tag("circle", cx=last_x, cy=last_y, r=3.5, class_=f"dot {style}"))
    return tag("g", bits)


def _cell(number: int, total: int, box: tuple[float, float, float, float], where: str, right: bool) -> Markup:
    x, y, width, height = box
    share = wilson(number, total)
    value, low, high = share.numbers if share.defined else (0.0, 0.0, 0.0)
    words = f"{where}: {number:,} of {total:,}"
    if share.defined:
        words += f" = {percent(value)}, 95 % interval {percent(low)} to {percent(high)}"
    ink = "cell-text strong" if value > 0.55 else "cell-text"
    middle = x + width / 2
    shown = f"{100 * value:.0f}{'%' if width > 30 else ''}" if total else "–"
    ink += " small" if width < 20 else ""
    texts: list[Content] = [
        put_text(middle, y + height / 2 + (0 if height > 30 else 4), shown, "middle", ink)
    ]
    if height > 30:
        texts.append(put_text(middle, y + height / 2 + 12, f"{number:,}", "middle", f"{ink} small"))
    shade = tag(
        "rect", x=f"{x + 1:.1f}", y=f"{y + 1:.1f}", width=f"{width - 2:.1f}", height=f"{height - 2:.1f}",
        class_="cell right-cell" if right else "cell", fill_opacity=f"{0.06 + 0.94 * value:.3f}",
    )  # fmt: skip
    return tag("g", tag("title", words), shade, texts)


def _axis(ticks: Sequence[float], x: Scale, top: float, bottom: float, unit: str) -> list[Content]:
    parts: list[Content] = []
    for tick in ticks:
        label = f"{100 * tick:.0f}%" if unit == "%" else f"{tick:g}×"
        parts.append(put_line(x(tick), top, x(tick), bottom, "grid"))
        parts.append(put_text(x(tick), bottom + 14, label, "start" if tick == 0 else "middle"))
    return parts


def _ratio_ticks(largest: float) -> list[float]:
    step = 0.25 if largest <= 1.5 else 0.5 if largest <= 3 else float(round(largest / 4))
    return [step * number for number in range(int(max(largest, 1.0) / step - 1e-9) + 2)]
