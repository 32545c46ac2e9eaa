"""The skeleton of a report: one file that asks the network for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.markup import Markup, join, tag
from pipelines.reports.page.style import STYLE

# Whatever slips in, the browser fetches nothing and runs nothing.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True)
class Section:
    """A heading with its content; `anchor` is the place the contents list leads to."""

    anchor: str
    title: str
    body: Markup


def page(title: str, lead: Markup, sections: Sequence[Section], closing: str) -> Markup:
    """The whole document."""
    contents = [tag("li", tag("a", section.title, href=f"#{section.anchor}")) for section in sections]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", Markup(STYLE)),
    )
    body = tag(
        "body",
        tag("header", tag("h1", title), lead, tag("nav", tag("ul", contents), aria_label="contents")),
        tag("main", [_section(section) for section in sections]),
        tag("footer", closing),
    )
    return join([Markup("<!doctype html>\n"), tag("html", head, body, lang="en")])


def _section(section: Section) -> Markup:
    return tag("section", tag("h2", section.title), section.body, id=section.anchor)
