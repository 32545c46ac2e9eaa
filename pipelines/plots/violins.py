"""Densities of two groups of values, one above and one below a line per data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.markup import Content, Markup, tag
from pipelines.plots.axes import Axis, Frame
from pipelines.plots.drawing import (
    LETTER,
    WIDTH,
    fit_text,
    point_list,
    put_dot,
    put_line,
    put_text,
    put_whisker,
)  # fmt: skip

Floats = NDArray[np.float64]
GRID = 64  # points of a density
ROW = 74.0  # units per data set
SAMPLED = 10_000  # values per violin, as in Figure 6 of paper B


@dataclass(frozen=True)
class Violin:
    """A data set with the rewards of its raw and of its rewritten responses."""

    name: str
    raw: Floats
    rewritten: Floats


def violins(sets: Sequence[Violin], *, name: str) -> Markup:
    """Per data set the density of raw rewards above its line and of rewritten ones below, with quartiles."""
    halves = [(one.name, _sample(one.raw), _sample(one.rewritten)) for one in sets]
    values = np.concatenate([part for _, *both in halves for part in both])
    axis = Axis.over("", values, room=0.02)
    frame = Frame(axis, None, ROW * len(sets))
    parts: list[Content] = []
    for place, (title, raw, rewritten) in enumerate(halves):
        middle = frame.top + ROW * place + 44
        parts.append(put_text(frame.left, middle - 32, fit_text(title, 320 / LETTER), "start", "bar-label"))
        parts.append(put_line(frame.left, middle, WIDTH - frame.left, middle, "grid"))
        parts.append(_half(raw, frame, axis, middle, -26.0, 0))
        parts.append(_half(rewritten, frame, axis, middle, 26.0, 1))
    return frame.draw(name, parts)


def density(values: Floats, grid: Floats) -> Floats:
    """A Gaussian kernel estimate on `grid` with Scott's bandwidth, 1 at its highest."""
    width = max(float(values.std()), 1e-6) * len(values) ** -0.2 if len(values) > 1 else 0.0
    width = max(width, float(grid[-1] - grid[0]) / 200, 1e-9)
    heights = np.zeros(len(grid))
    for start in range(0, len(values), 2000):
        away = (grid[:, None] - values[None, start : start + 2000]) / width
        heights += np.exp(-0.5 * away**2).sum(axis=1)
    relative: Floats = heights / max(float(heights.max()), 1e-300)
    return relative


def _half(values: Floats, frame: Frame, axis: Axis, middle: float, size: float, number: int) -> Markup:
    if not len(values):
        return Markup()
    grid = np.linspace(axis.low, axis.high, GRID)
    edge = [
        (frame.x(at), round(middle + size * float(height), 1))
        for at, height in zip(grid.tolist(), density(values, grid), strict=True)
    ]
    shape = point_list([(frame.x(axis.low), middle), *edge, (frame.x(axis.high), middle)])
    lower, median, upper = (float(q) for q in np.quantile(values, [0.25, 0.5, 0.75]))
    line = round(middle + size / 4, 1)
    words = f"median {median:.2f}, quartiles {lower:.2f} and {upper:.2f}, {len(values):,} responses"
    return tag(
        "g",
        tag("title", words),
        tag("polygon", points=shape, class_=f"bar series-{number}", fill_opacity="0.45"),
        put_whisker(frame.x(lower), frame.x(upper), line),
        put_dot(frame.x(median), line, f"series-{number}"),
    )


def _sample(values: Floats) -> Floats:
    if len(values) <= SAMPLED:
        return values
    chosen: Floats = np.random.default_rng(0).choice(values, SAMPLED, replace=False)
    return chosen
