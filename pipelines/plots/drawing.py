"""What every plot is drawn from: text and its width, lines, colours and the frame of the whole.

A plot is 360 units wide, so that text stays readable on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import east_asian_width

from pipelines.markup import Content, Markup, tag
from pipelines.plots.style import FILE_STYLE, SERIES

WIDTH = 360
LETTER = 6.6  # units of a middling letter at the larger of the two sizes of type
LINE = 13  # units from one line of text to the next


def put_text(x: float, y: float, text: str, anchor: str, style: str | None = None) -> Markup:
    """Text at a place; `anchor` is start, middle or end."""
    return tag("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=style)


def put_line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    """A straight line between two places."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=style)


def put_box(left: float, top: float, width: float, height: float, style: str, **more: str) -> Markup:
    """A filled rectangle."""
    place = {"x": f"{left:.1f}", "y": f"{top:.2f}", "width": f"{width:.1f}", "height": f"{height:.2f}"}
    return tag("rect", **place, class_=style, **more)


def put_dot(x: float, y: float, style: str, title: str | None = None) -> Markup:
    """A point of a curve; `title` is shown when pointed at."""
    return tag("circle", tag("title", title) if title else None, cx=x, cy=y, r=3.5, class_=f"dot {style}")


def put_whisker(left: float, right: float, y: float) -> list[Content]:
    """A level interval with its two ends."""
    ends = [put_line(end, y - 3, end, y + 3, "whisker") for end in (left, right)]
    return [put_line(left, y, right, y, "whisker"), ends]


def point_list(points: Sequence[tuple[float, float]]) -> str:
    """The points of a polyline or polygon."""
    return " ".join(f"{x},{y}" for x, y in points)


def drawing(height: float, name: str, parts: Content) -> Markup:
    """The whole plot, WIDTH units wide; `name` is read aloud."""
    return tag("svg", parts, viewBox=f"0 0 {WIDTH} {height:g}", class_="plot", role="img", aria_label=name)


def as_file(plot: Markup) -> str:
    """The plot with its colours, as the text of an SVG file."""
    opening, rest = plot.split(">", 1)
    start = opening.replace("<svg", f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}"', 1)
    return f"{start}><style>{FILE_STYLE}</style>{rest}\n"


def letters(text: str) -> float:
    """The width of `text` in letters of middling width."""
    return sum(map(_letter, text))


def text_width(text: str) -> float:
    """The width of `text` in units of the plot, rather too large than too small."""
    return LETTER * letters(text)


def fit_text(text: str, room: float) -> str:
    """As much of `text` as fits into `room` letters of middling width."""
    for end, letter in enumerate(text):
        room -= _letter(letter)
        if room < 0:
            return text[:end].rstrip() + "…"
    return text


def wrap_text(text: str, room: float, lines: int = 3) -> list[str]:
    """`text` on up to so many lines of `room` letters, broken at spaces; what is left over is cut."""
    rows = [""]
    for word in text.split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and letters(longer) > room and len(rows) < lines:
            rows.append(word)
        else:
            rows[-1] = longer
    return [fit_text(row, room) for row in rows]


def series(number: int) -> str:
    """Style classes of run `number`."""
    return f"series-{number % SERIES}" + (" dashed" if number >= SERIES else "")


def swatch(number: int) -> Markup:
    """The line sample of run `number`, for a legend."""
    line = put_line(1, 6, 23, 6, f"curve {series(number)}")
    return tag("svg", line, viewBox="0 0 24 12", class_="swatch", aria_hidden="true")


def legend(names: Sequence[tuple[int, str]]) -> Markup:
    """A list of run numbers' line samples with their names, for a page."""
    return tag("ul", [tag("li", swatch(number), name) for number, name in names], class_="legend")


def _letter(letter: str) -> float:
    wide = east_asian_width(letter) in "WF"
    return 1.9 if wide else 1.5 if letter in "mwMW@%" else 1.2 if letter.isupper() else 1.0
