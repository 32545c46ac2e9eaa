from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from page_words import words_of

from pipelines.markup import Markup
from pipelines.reports.page.tables import definitions, figure, fold, paragraph, table


def test_the_first_cell_names_its_row_and_every_other_carries_its_heading() -> None:
    root = ElementTree.fromstring(table(["Run", "Rows"], [["<a>", "3"], ["b", "4"]], caption="All"))
    assert [cell.text for cell in root.findall("tbody/tr/th")] == ["<a>", "b"]
    assert [cell.get("data-label") for cell in root.findall("tbody/tr/td")] == ["Rows", "Rows"]
    assert root.find("caption").text == "All"


def test_a_row_of_another_width_is_an_error() -> None:
    with pytest.raises(ValueError):
        table(["one", "two"], [["only"]])


def test_a_figure_names_its_curves_by_colour_and_number() -> None:
    root = ElementTree.fromstring(figure("Title", Markup("<svg></svg>"), "What", names=[(0, "a"), (9, "b")]))
    assert [item.find("svg/line").get("class") for item in root.iter("li")] == [
        "curve series-0", "curve series-1 dashed",
    ]  # fmt: skip
    assert words_of(figure(None, Markup("<svg></svg>"), "What")) == "What"


def test_folded_content_is_closed_unless_asked() -> None:
    assert "open" not in fold("more", paragraph("text")) and "<details open>" in fold("x", open_=True)


def test_terms_stand_beside_their_meaning() -> None:
    assert words_of(definitions([("term", "meaning"), ("next", 2)])) == "term meaning next 2"
    assert 'class="note"' in paragraph("small", note=True)
