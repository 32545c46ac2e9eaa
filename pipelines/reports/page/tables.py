"""Tables that become stacks of cards on a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Content, Markup, clip, join, tag
from pipelines.plots.drawing import legend


def table(
    headings: Sequence[str], rows: Sequence[Sequence[Content]], *, caption: str | None = None
) -> Markup:
    """A table whose first column names the row; every cell carries its heading for narrow screens."""
    body = [
        tag(
            "tr",
            [
                _cell(heading, value, first=not column)
                for column, (heading, value) in enumerate(zip(headings, row, strict=True))
            ],
        )
        for row in rows
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


def definitions(pairs: Sequence[tuple[str, Content]]) -> Markup:
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
    return join([tag("h5", name), tag("p", clip(text, length), class_="document", dir="auto")])


def paragraph(*content: Content, note: bool = False) -> Markup:
    """A paragraph; a note is set smaller."""
    return tag("p", content, class_="note" if note else None)


def _cell(heading: str, value: Content, *, first: bool) -> Markup:
    if first:
        return tag("th", value, scope="row")
    return tag("td", tag("div", value), data_label=heading)
