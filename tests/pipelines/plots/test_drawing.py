from __future__ import annotations

import xml.etree.ElementTree as ElementTree

from pipelines.plots.drawing import as_file, drawing, fit_text, letters, put_text, swatch, wrap_text


def test_wide_letters_take_more_room() -> None:
    assert fit_text("abc", 3) == "abc"
    assert fit_text("abcd", 3) == "abc…"
    assert fit_text("mmmm", 3) == "mm…"
    assert fit_text("漢字漢字", 4) == "漢字…"


def test_text_is_broken_between_words_and_what_no_line_holds_is_cut() -> None:
    assert wrap_text("labels of the rows", 10) == ["labels of", "the rows"]
    assert wrap_text("one", 10) == ["one"]
    assert wrap_text("abcdefghijkl mn", 5, lines=2) == ["abcde…", "mn"]
    assert wrap_text("a b c d", 1, lines=2) == ["a", "b…"]
    assert all(letters(line) <= 11 for line in wrap_text("many words of several lengths here", 10))


def test_run_numbers_beyond_the_colours_are_dashed() -> None:
    assert "dashed" not in swatch(7)
    assert "series-1 dashed" in swatch(9)


def test_a_file_of_its_own_has_its_colours_and_needs_no_style_sheet() -> None:
    text = as_file(drawing(20, "a > b", put_text(1, 2, "x & y", "start")))
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg" and root.get("aria-label") == "a > b"
    assert "var(" not in text and "#2456a6" in text
