"""Parts of every plot: text and its width, lines, the frame of the whole, colours and style rules.

A plot is 360 units wide, so that text stays readable on a phone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from unicodedata import east_asian_width

from pipelines.markup import Content, Markup, tag

SERIES = 8  # colours of runs; more runs than that begin again with dashes
LIGHT: Mapping[str, str] = {
    "card": "#fff", "ink": "#1d1f23", "soft": "#5a5f69", "line": "#dedbd3", "right": "#1c7a45",
    "wrong": "#b3341f", "open": "#7a5a00", "s0": "#2456a6", "s1": "#c2571a", "s2": "#1c7a5b", "s3": "#8a3fa0",
    "s4": "#a8324f", "s5": "#6b6a1a", "s6": "#1f7f96", "s7": "#6b4a34", "on-cell": "#fff",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "card": "#1e2127", "ink": "#e8e6e1", "soft": "#a4a9b3", "line": "#363b45", "right": "#68cf93",
    "wrong": "#ff8f7a", "open": "#e6c35c", "s0": "#7fb0ff", "s1": "#ffa566", "s2": "#5fd3ac", "s3": "#d59bea",
    "s4": "#ff8fa8", "s5": "#d3d16a", "s6": "#6fd0e6", "s7": "#d1a88c", "on-cell": "#10131a",
}  # fmt: skip
PLOT_STYLE = """
.plot text{font-size:10.5px;fill:var(--soft)}
.plot .bar-label,.plot .bar-value{fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:3px}
.plot .bar-label{font-weight:600}
.plot line.grid,.plot line.tick{stroke:var(--line);stroke-width:1}
.plot .whisker{stroke:var(--ink);stroke-width:1.3}
.plot .reference{stroke:var(--ink);stroke-width:1.3;stroke-dasharray:4 3}
.plot .reference-1{stroke:var(--wrong)}
.plot .cell{fill:var(--s1)}
.plot .right-cell{fill:var(--s0)}
.plot .cell-text{fill:var(--ink)}
.plot .cell-text.strong{fill:var(--on-cell)}
.plot .small{font-size:8.5px}
.thin-bar{opacity:.45}
.curve{fill:none;stroke-width:2}
.dashed.curve{stroke-dasharray:5 3}
.band{opacity:.1;stroke:none}
.kept{fill:var(--right);background:var(--right)}
.dropped{fill:var(--open);background:var(--open)}
.failed{fill:var(--wrong);background:var(--wrong)}
""" + "\n".join(
    f".series-{n}{{stroke:var(--s{n});fill:var(--s{n})}} .curve.series-{n}{{fill:none}} "
    f".bar.series-{n},.thin-bar.series-{n},.band.series-{n}{{stroke:none}}"
    for n in range(SERIES)
)
# Not every program that draws such files knows variables of style sheets.
FILE_STYLE = "text{font-family:sans-serif}" + re.sub(
    r"var\(--([\w-]+)\)", lambda name: LIGHT[name[1]], PLOT_STYLE
)


def variables(colours: Mapping[str, str]) -> str:
    """The colours as declarations of a style sheet."""
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


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
