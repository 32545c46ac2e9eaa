"""Tables that become stacks of cards on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.plots.drawing import legend
from pipelines.reports.page.wording import share_cell

Cell: TypeAlias = "Content | Estimate"


def table(headings: Sequence[str], rows: Iterable[Sequence[Cell]], *, caption: str | None = None) -> Markup:
    """A table whose first column names the row; every cell carries its heading for narrow screens.

    Whole numbers are shown with separators, estimates as shares in percent with their intervals.
    """
    body = [
        tag(
            "tr",
            tag("th", _shown(name), scope="row"),
            [_cell(*one) for one in zip(headings[1:], row, strict=True)],
        )
        for name, *row in rows
    ]
    return tag(
        "table",
        tag("caption", caption) if caption else None,
        tag("thead", tag("tr", [tag("th", heading, scope="col") for heading in headings])),
        tag("tbody", body),
    )


def fold(summary: Content, *content: Content, open_: bool = False) -> Markup:
    """Content that opens on a click, without a script."""
    return tag("details", tag("summary", summary), content, open=open_)


def definitions(pairs: Iterable[tuple[str, Content]]) -> Markup:
    """A list of terms with their meaning."""
    return tag("dl", [tag("div", tag("dt", term), tag("dd", meaning)) for term, meaning in pairs])


def figure(
    title: str | None, plot: Content, *caption: Content, names: Sequence[tuple[int, str]] = ()
) -> Markup:
    """A plot with its heading, the names of its curves by number, and what it shows."""
    return tag(
        "figure",
        tag("h4", title) if title else None,
        plot,
        legend(names) if names else None,
        tag("figcaption", caption),
    )


def text_block(name: str, text: str | None, length: int) -> Markup:
    """At most `length` characters of a row's text under its name."""
    return join(tag("h5", name), tag("p", clip(text, length), class_="document", dir="auto"))


def paragraph(*content: Content, note: bool = False) -> Markup:
    """A paragraph; a note is set smaller."""
    return tag("p", content, class_="note" if note else None)


def colour_legend(parts: Iterable[tuple[str, Content]]) -> Markup:
    """What the colours of an outcome's parts stand for, by style class."""
    return tag("p", colour_keys(parts), class_="note keys")


def colour_keys(parts: Iterable[tuple[str, Content]]) -> list[Markup]:
    """The colour of each style class with its words."""
    return [tag("span", tag("span", class_=f"key {style}"), words) for style, words in parts]


def _cell(heading: str, value: Cell) -> Markup:
    return tag("td", tag("div", _shown(value)), data_label=heading)


def _shown(value: Cell) -> Content:
    if isinstance(value, Estimate):
        return share_cell(value)
    return f"{value:,}" if isinstance(value, int) else value
