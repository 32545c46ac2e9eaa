"""Plots of a filtered run: histograms with a limit, curves of what a limit costs, and violins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.reports.page.markup import Content, Markup, join, tag
from pipelines.reports.page.plot_parts import WIDTH, Scale, drawing, point_list, put_line, put_text
from pipelines.reports.page.svg import fitted

Floats = NDArray[np.float64]
BINS, GRID = 30, 64
LEFT, RIGHT = 10.0, WIDTH - 10.0
SAMPLED = 10_000  # rows per violin, as in Figure 6


@dataclass(frozen=True)
class Violin:
    """A data set with the rewards of its raw and of its rewritten responses."""

    name: str
    raw: Floats
    rewritten: Floats


def histogram(groups: Sequence[tuple[str, Floats]], limit: float, *, name: str, digits: int = 2) -> Markup:
    """Bars of one or two groups of scores, each as a share of its own, and the limit as a line."""
    everything = np.concatenate([scores for _, scores in groups])
    low, high = _span(np.append(everything, limit))
    edges, top, bottom = np.linspace(low, high, BINS + 1), 24.0, 150.0
    x = _across(low, high)
    parts: list[Content] = []
    shares = [np.histogram(scores, edges)[0] / max(1, len(scores)) for _, scores in groups]
    tallest = max(float(share.max()) for share in shares) or 1.0
    for number, share in enumerate(shares):
        for left, right, height in zip(edges[:-1], edges[1:], share, strict=True):
            if height:
                size = (bottom - top) * float(height) / tallest
                parts.append(
                    tag(
                        "rect",
                        x=f"{x(left):.1f}",
                        y=f"{bottom - size:.1f}",
                        width=f"{max(0.5, x(right) - x(left) - 1):.1f}",
                        height=f"{size:.1f}",
                        class_=f"bar series-{number}",
                        fill_opacity="0.55",
                    )
                )
    parts += _ticks(low, high, x, bottom, digits)
    parts.append(limit_line(x(limit), top - 8, bottom, f"limit {limit:g}"))
    return drawing(bottom + 24, name, parts)


def cost_curve(
    thresholds: Floats, shares: Sequence[tuple[str, Floats]], limit: float, *, name: str
) -> Markup:
    """Shares (up) that a threshold (across) would take out, one line per group."""
    low, high = float(thresholds[0]), float(thresholds[-1])
    top, bottom = 24.0, 170.0
    x = _across(low, high)

    def y(share: float) -> float:
        return round(bottom - (bottom - top) * share, 1)

    parts: list[Content] = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [put_line(LEFT, y(share), RIGHT, y(share), "grid")]
        parts.append(put_text(RIGHT, y(share) - 3, f"{100 * share:.0f}%", "end"))
    for number, (_, values) in enumerate(shares):
        places = [(round(x(t), 1), y(float(v))) for t, v in zip(thresholds, values, strict=True)]
        parts.append(tag("polyline", points=point_list(places), class_=f"curve series-{number}"))
    parts += _ticks(low, high, x, bottom, 2)
    parts.append(limit_line(x(min(max(limit, low), high)), top - 8, bottom, f"limit {limit:g}"))
    return drawing(bottom + 24, name, parts)


def violins(sets: Sequence[Violin], *, name: str) -> Markup:
    """Per data set the density of raw rewards above its line and of rewritten ones below, with quartiles."""
    sets = [Violin(one.name, _sampled(one.raw), _sampled(one.rewritten)) for one in sets]
    low, high = _span(np.concatenate([part for one in sets for part in (one.raw, one.rewritten)]))
    x, row, top = _across(low, high), 74.0, 6.0
    bottom = top + row * len(sets)
    parts: list[Content] = _ticks(low, high, x, bottom, 1)
    for place, one in enumerate(sets):
        middle = top + row * place + 44
        parts.append(put_text(LEFT, middle - 32, fitted(one.name, 40), "start", "bar-label"))
        parts.append(put_line(LEFT, middle, RIGHT, middle, "grid"))
        for number, (values, side) in enumerate(((one.raw, -1.0), (one.rewritten, 1.0))):
            parts.append(_half(values, x, middle, 26 * side, number, (low, high)))
    return drawing(bottom + 20, name, parts)


def limit_line(x: float, top: float, bottom: float, words: str) -> Markup:
    """A dashed vertical line with its words on the side that has room."""
    shift, anchor = (-4, "end") if x > WIDTH * 0.6 else (4, "start")
    line = put_line(x, top, x, bottom, "reference")
    return join([line, put_text(x + shift, top + 8, words, anchor, "bar-value")])


def density(values: Floats, grid: Floats) -> Floats:
    """A Gaussian kernel estimate on `grid` with Scott's bandwidth, 1 at its highest."""
    width = max(float(values.std()), 1e-6) * len(values) ** -0.2 if len(values) > 1 else 0.0
    width = max(width, float(grid[-1] - grid[0]) / 200, 1e-9)
    heights = np.zeros(len(grid))
    for start in range(0, len(values), 2000):
        away = (grid[:, None] - values[None, start : start + 2000]) / width
        heights += np.exp(-0.5 * away**2).sum(axis=1)
    found: Floats = heights / max(float(heights.max()), 1e-300)
    return found


def _half(
    values: Floats, x: Scale, middle: float, size: float, number: int, span: tuple[float, float]
) -> Markup:
    if not len(values):
        return Markup()
    grid = np.linspace(*span, GRID)
    edge = [
        (round(x(at), 1), round(middle + size * float(height), 1))
        for at, height in zip(grid, density(values, grid), strict=True)
    ]
    shape = point_list([(round(x(span[0]), 1), middle), *edge, (round(x(span[1]), 1), middle)])
    lower, median, upper = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    style, line = f"series-{number}", middle + size / 4
    words = f"median {median:.2f}, quartiles {lower:.2f} and {upper:.2f}, {len(values):,} responses"
    return tag(
        "g",
        tag("title", words),
        tag("polygon", points=shape, class_=f"bar {style}", fill_opacity="0.45"),
        put_line(round(x(lower), 1), line, round(x(upper), 1), line, "whisker"),
        tag("circle", cx=round(x(median), 1), cy=round(line, 1), r=3, class_=f"dot {style}"),
    )


def _sampled(values: Floats) -> Floats:
    if len(values) <= SAMPLED:
        return values
    found: Floats = np.random.default_rng(0).choice(values, SAMPLED, replace=False)
    return found


def _span(values: Floats) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    room = (high - low) * 0.02 or 1.0
    return low - room, high + room


def _across(low: float, high: float) -> Scale:
    return lambda value: round(LEFT + (RIGHT - LEFT) * (value - low) / (high - low), 1)


def _ticks(low: float, high: float, x: Scale, bottom: float, digits: int) -> list[Content]:
    parts: list[Content] = [put_line(LEFT, bottom, RIGHT, bottom, "grid")]
    for number, value in enumerate(np.linspace(low, high, 5)):
        anchor = "start" if number == 0 else "end" if number == 4 else "middle"
        parts.append(put_text(x(float(value)), bottom + 14, f"{value:.{digits}f}".replace("-", "−"), anchor))
    return parts
