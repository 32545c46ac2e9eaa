from __future__ import annotations

from page_words import words_of

from pipelines.markup import Markup, tag
from pipelines.reports.page.skeleton import POLICY, Section, page

PAGE = page("A < B", tag("p", "lead"), [Section("rows", "Rows & more", Markup("<b>ten</b>"))], "the end")


def test_a_page_lists_its_sections_and_leads_to_them() -> None:
    assert '<a href="#rows">Rows &amp; more</a>' in PAGE
    assert '<section id="rows"><h2>Rows &amp; more</h2><b>ten</b></section>' in PAGE
    assert words_of(PAGE).endswith("Rows & more ten the end")


def test_a_page_fetches_and_runs_nothing() -> None:
    assert POLICY.startswith("default-src 'none'") and "Content-Security-Policy" in PAGE
    assert not any(word in PAGE for word in ("<script", "http://", "https://", "@import", "url("))


def test_titles_are_escaped_and_the_style_sheet_is_not() -> None:
    assert "<title>A &lt; B</title>" in PAGE and 'quotes:"“" "”"' in PAGE
