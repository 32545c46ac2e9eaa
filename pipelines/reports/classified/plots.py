"""Plots of a classifying run: stated probability against truth, and how sure the answers are."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.metrics.calibration import Bin
from pipelines.metrics.intervals.proportions import Counts
from pipelines.reports.page.markup import Content, Markup, tag
from pipelines.reports.page.plot_parts import WIDTH, drawing, put_line, put_text
from pipelines.reports.page.wording import count, percent

BARS = 20
STYLES = ("kept", "failed", "dropped")  # right, wrong, not judged
LEFT, RIGHT, TOP = 40.0, WIDTH - 10.0, 18.0
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def reliability_chart(bins: Sequence[Bin], *, noun: str, name: str) -> Markup:
    """Stated probability (across) against the share that was true (up) with its interval, a dot per bin; on
    the dashed line both are the same. `noun` is what a bin holds."""
    bottom = 208.0
    parts: list[Content] = []
    for share in SHARES:
        parts += [
            put_line(LEFT, _up(share, bottom), RIGHT, _up(share, bottom), "grid"),
            put_text(LEFT - 5, _up(share, bottom) + 4, f"{100 * share:.0f}%", "end"),
            put_text(_across(share), bottom + 14, f"{100 * share:.0f}%", "end" if share == 1 else "middle"),
        ]
    parts.append(put_line(_across(0), _up(0, bottom), _across(1), _up(1, bottom), "reference"))
    parts.append(put_text(_across(0.5), bottom + 30, "stated probability →", "middle"))
    parts.append(put_text(LEFT, 9, "↑ share that was true", "start"))
    parts += [_dot(one, noun, bottom) for one in bins]
    return drawing(bottom + 36, name, parts)


def confidence_chart(groups: Sequence[Counts], *, name: str) -> Markup:
    """Rows per confidence from 0 to 1: bars of right, wrong and not judged ones on top of each other.

    Args:
        groups: three arrays of BARS counts.
    """
    bottom, tallest = 150.0, max(1, int(sum(groups[1:], groups[0]).max()))
    parts: list[Content] = [put_line(LEFT, bottom, RIGHT, bottom, "grid")]
    for number in (0, tallest):
        y = bottom - (bottom - TOP) * number / tallest
        parts += [put_line(LEFT, y, RIGHT, y, "grid"), put_text(LEFT - 5, y + 4, _short(number), "end")]
    for share in SHARES:
        anchor = "end" if share == 1 else "middle"
        parts.append(put_text(_across(share), bottom + 14, f"{100 * share:.0f}%", anchor))
    for bar in range(BARS):
        parts.append(_stack(bar, [int(group[bar]) for group in groups], bottom, tallest))
    parts.append(put_text(_across(0.5), bottom + 30, "confidence →", "middle"))
    parts.append(put_text(LEFT, 9, "↑ rows", "start"))
    return drawing(bottom + 36, name, parts)


def _stack(bar: int, numbers: Sequence[int], bottom: float, tallest: int) -> Markup:
    left, right = _across(bar / BARS), _across((bar + 1) / BARS)
    right_ones, wrong, unjudged = numbers
    words = (
        f"confidence {100 * bar / BARS:.0f} to {100 * (bar + 1) / BARS:.0f}%: {right_ones:,} right, "
        f"{wrong:,} wrong, {unjudged:,} not judged"
    )
    shapes: list[Content] = [tag("title", words)]
    y = bottom
    for style, number in zip(STYLES, numbers, strict=True):
        height = (bottom - TOP) * number / tallest
        y -= height
        if number:
            place = {"x": f"{left + 0.5:.1f}", "y": f"{y:.2f}"}
            size = {"width": f"{right - left - 1:.1f}", "height": f"{height:.2f}"}
            shapes.append(tag("rect", **place, **size, class_=style))
    return tag("g", shapes)


def _dot(one: Bin, noun: str, bottom: float) -> Markup:
    value, low, high = one.share.numbers
    x = _across(one.mean)
    words = (
        f"stated {percent(one.mean)} on average, true {percent(value)} ({percent(low)} to {percent(high)}), "
        f"{count(one.decisions, noun)}"
    )
    return tag(
        "g",
        tag("title", words),
        put_line(x, _up(low, bottom), x, _up(high, bottom), "curve series-0"),
        tag("circle", cx=x, cy=_up(value, bottom), r=4, class_="dot series-0"),
    )


def _across(share: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * share, 1)


def _up(share: float, bottom: float) -> float:
    return round(bottom - (bottom - TOP) * share, 1)


def _short(number: int) -> str:
    """`950`, `12k`, `3.4M`."""
    if number < 10_000:
        return str(number)
    return f"{number / 1000:.0f}k" if number < 1_000_000 else f"{number / 1e6:.1f}M"
