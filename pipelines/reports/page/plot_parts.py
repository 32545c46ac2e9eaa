"""What every plot is drawn from: text, lines and the frame, in units of which a plot is 360 wide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from pipelines.reports.page.markup import Content, Markup, tag

WIDTH = 360
Scale: TypeAlias = Callable[[float], float]


def put_text(x: float, y: float, text: str, anchor: str, style: str | None = None) -> Markup:
    """Text at a place; `anchor` is start, middle or end."""
    return tag("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=style)


def put_line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=style)


def point_list(points: Sequence[tuple[float, float]]) -> str:
    """The points of a polyline or polygon."""
    return " ".join(f"{x},{y}" for x, y in points)


def drawing(height: float, name: str, parts: Content) -> Markup:
    """The whole plot, WIDTH units wide; `name` is read aloud."""
    return tag("svg", parts, viewBox=f"0 0 {WIDTH} {height:g}", class_="plot", role="img", aria_label=name)
