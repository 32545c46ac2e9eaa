"""The words of a page, which must be well formed."""

from __future__ import annotations

from html.parser import HTMLParser


class Words(HTMLParser):
    """Every opening tag must be closed in turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("img", "br", "meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def words_of(html: str) -> str:
    """What a reader sees, with single blanks."""
    parser = Words()
    parser.feed(html)
    assert parser.open == []
    return " ".join(" ".join(parser.words).split())
