"""Axes of plots: round ticks, labels that never overprint, and the frame that curves and bars stand in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor, isfinite, log, log10
from typing import NamedTuple

from pipelines.markup import Content, Markup
from pipelines.plots.drawing import (
    LETTER,
    LINE,
    WIDTH,
    drawing,
    fit_text,
    put_line,
    put_text,
    series,
    text_width,
)  # fmt: skip

MARGIN = 8.0  # units free at both sides
GAP = 6.0  # units between two labels
MOST_UP, MOST_ACROSS = 6, 8  # ticks


class Tick(NamedTuple):
    """A round value with its label."""

    value: float
    label: str


@dataclass(frozen=True)
class Reference:
    """A vertical line across a plot, with its words above."""

    label: str
    value: float


@dataclass(frozen=True)
class Axis:
    """Values from `low` to `high`; with the unit `%` they are shares, `×` ratios."""

    title: str
    low: float
    high: float
    unit: str = ""
    log: bool = False

    @classmethod
    def over(cls, title: str, values: Iterable[float], *, unit: str = "", room: float = 0.0) -> Axis:
        """The axis of all `values`, wider at both ends by `room` times their span; never of no width."""
        numbers = [float(value) for value in values if isfinite(value)] or [0.0]
        low, high = min(numbers), max(numbers)
        if high - low <= 1e-6 * max(abs(low), abs(high)):
            low, high = low - (abs(low) / 2 or 1.0), high + (abs(high) / 2 or 1.0)
        room *= high - low
        return cls(title, low - room, high + room, unit)

    def share(self, value: float) -> float:
        """How far along the axis the value is, from 0 to 1."""
        low, high, value = (log(one) if self.log else one for one in (self.low, self.high, value))
        return min(1.0, max(0.0, (value - low) / (high - low)))

    def ticks(self, most: int) -> list[Tick]:
        """At most so many round values on the axis: multiples of 1, 2 or 5 times a power of ten, or on a
        logarithmic axis these numbers themselves."""
        if self.log:
            powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
            for digits in ((1, 2, 5), (1, 3), (1,)):
                values = [float(f"{digit}e{power}") for power in powers for digit in digits]
                shown = [value for value in values if self.low <= value <= self.high]
                if 2 <= len(shown) <= most:
                    power = floor(log10(shown[0]))
                    return [Tick(value, _label(value, shown[-1], power, "")) for value in shown]
        digit, power = self._step(most)
        first, last = _multiples(self.low, self.high, digit, power)
        shown = [float(f"{number * digit}e{power}") for number in range(first, last + 1)]
        largest = max((abs(value) for value in shown), default=0.0)
        return [Tick(value, _label(value, largest, power, self.unit)) for value in shown]

    def round_outwards(self, most: int = MOST_UP) -> Axis:
        """This axis, lengthened at both ends to round values."""
        for fewer in range(most, 0, -1):
            digit, power = self._step(fewer)
            step = float(f"{digit}e{power}")
            first, last = floor(self.low / step + 1e-9), ceil(self.high / step - 1e-9)
            if last - first < most:
                break
        return replace(self, low=float(f"{first * digit}e{power}"), high=float(f"{last * digit}e{power}"))

    def _step(self, most: int) -> tuple[int, int]:
        start = floor(log10((self.high - self.low) / most))
        steps = ((digit, power) for power in (start, start + 1) for digit in (1, 2, 5))
        for digit, power in steps:
            first, last = _multiples(self.low, self.high, digit, power)
            if last - first < most:
                return digit, power
        return 1, start + 2


class Frame:
    """The area that curves and bars stand in, with axes, grid, titles and vertical references around it."""

    def __init__(self, x: Axis, y: Axis | None, height: float, references: Sequence[Reference] = ()) -> None:
        self._x, self._y, self._references = x, y.round_outwards() if y else None, references
        self._up = self._y.ticks(MOST_UP) if self._y else []
        self.left = MARGIN + max((text_width(label) + 4 for _, label in self._up), default=0.0)
        self.right = WIDTH - MARGIN - 2
        title = LINE if y and y.title else 0
        self._strip = title + 4
        self.top = self._strip + (LINE + 3) * len(references) + 4
        self.bottom = self.top + height

    def x(self, value: float) -> float:
        """Horizontal place of a value, in units of the plot."""
        return round(self.left + (self.right - self.left) * self._x.share(value), 1)

    def y(self, value: float) -> float:
        """Vertical place of a value, in units of the plot."""
        assert self._y is not None
        return round(self.bottom - (self.bottom - self.top) * self._y.share(value), 1)

    def draw(
        self,
        name: str,
        parts: Content,
        *,
        spans: Sequence[tuple[float, float]] | None = None,
        legend: Sequence[tuple[int, str]] = (),
    ) -> Markup:
        """The plot with `parts` in it; references stand over `spans`, or from top to bottom."""
        spans = [(self.top, self.bottom)] if spans is None else spans
        below = self.bottom + 16 + (LINE + 1 if self._x.title else 0)
        keys, height = _legend(legend, below + LINE, self.left)
        return drawing(height + 4 if legend else below + 4, name, [
            self._grid(), self._titles(below), parts,
            [self._reference(line, number, spans) for number, line in enumerate(self._references)], keys,
        ])  # fmt: skip

    def ticks_across(self) -> list[tuple[float, Tick]]:
        """The ticks across, each with the middle of its label: as many as have room beside each other."""
        for most in range(MOST_ACROSS, 1, -1):
            places = [(_inside(self.x(tick.value), tick.label), tick) for tick in self._x.ticks(most)]
            if all(
                right - left >= GAP + (text_width(one.label) + text_width(other.label)) / 2
                for (left, one), (right, other) in pairwise(places)
            ):
                return places
        return places[:1]

    def _grid(self) -> list[Content]:
        parts: list[Content] = []
        for value, label in self._up:
            y = self.y(value)
            parts.append(put_line(self.left, y, self.right, y, "grid"))
            parts.append(put_text(self.left - 5, y + 4, label, "end"))
        style, start = ("tick", self.bottom) if self._y else ("grid", self.top)
        for middle, tick in self.ticks_across():
            x = self.x(tick.value)
            parts.append(put_line(x, start, x, self.bottom + 4, style))
            parts.append(put_text(middle, self.bottom + 14, tick.label, "middle"))
        return parts

    def _titles(self, below: float) -> list[Content]:
        room = (WIDTH - 2 * MARGIN) / LETTER
        title = fit_text(self._x.title, room)
        up = fit_text(self._y.title, room) if self._y else ""
        return [
            put_text(WIDTH / 2, below, title, "middle") if title else None,
            put_text(MARGIN, 10, up, "start") if up else None,
        ]

    def _reference(self, line: Reference, number: int, spans: Sequence[tuple[float, float]]) -> Content:
        where, style = self.x(line.value), f"reference reference-{number % 2}"
        top = self._strip + (LINE + 3) * number
        words = fit_text(line.label, (WIDTH - 4) / LETTER)
        ends = [(top + LINE - 1, top + LINE + 3), *spans]
        return [
            [put_line(where, start, where, end, style) for start, end in ends],
            put_text(_inside(where, words), top + 10, words, "middle", "bar-value"),
        ]


def _legend(names: Sequence[tuple[int, str]], y: float, left: float) -> tuple[list[Content], float]:
    """Line samples with their names, in as many rows as need be, and where the last row stands."""
    parts: list[Content] = []
    x = left
    for number, name in names:
        width = 30 + text_width(name)
        if x > left and x + width > WIDTH - MARGIN:
            x, y = left, y + LINE + 2
        parts += [put_line(x, y - 4, x + 18, y - 4, f"curve {series(number)}")]
        parts += [put_text(x + 22, y, fit_text(name, (WIDTH - MARGIN - x - 22) / LETTER), "start")]
        x += width
    return parts, y


def _inside(middle: float, text: str) -> float:
    """The place nearest to `middle` for the middle of a text, so that none of it leaves the frame."""
    half = text_width(text) / 2
    return min(WIDTH - 1 - half, max(1 + half, middle))


def _multiples(low: float, high: float, digit: int, power: int) -> tuple[int, int]:
    """The first and the last multiple of `digit` times ten to `power` from low to high."""
    step = float(f"{digit}e{power}")
    return ceil(low / step - 1e-9), floor(high / step + 1e-9)


def _label(value: float, largest: float, power: int, unit: str) -> str:
    """A tick in words, as exact as its step, ten to `power`, needs."""
    if unit == "%":
        value, largest, power = 100 * value, 100 * largest, power + 2
    text = f"{value:,.{max(0, -power)}f}"
    if power < -6 or largest >= 1e7:
        digits = max(1, (floor(log10(largest)) if largest else 0) - power + 1)
        text = f"{value:.{digits}g}"
    return text.replace("-", "−") + unit
