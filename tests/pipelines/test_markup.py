from __future__ import annotations

from pipelines.markup import Markup, clip, join, tag

SCRIPT = "<script>alert('1')</script> & \"q\""


def test_text_and_attributes_are_escaped() -> None:
    made = tag("p", SCRIPT, title=SCRIPT)
    safe = "&lt;script&gt;alert(&#x27;1&#x27;)&lt;/script&gt; &amp; &quot;q&quot;"
    assert made == f'<p title="{safe}">{safe}</p>'


def test_markup_is_not_escaped_twice() -> None:
    assert tag("p", tag("b", "a & b"), " ", [1, None, "<"]) == "<p><b>a &amp; b</b> 1&lt;</p>"


def test_a_string_that_was_made_from_markup_is_data_again() -> None:
    assert join(tag("b", "x").upper()) == "&lt;B&gt;X&lt;/B&gt;"


def test_svg_elements_are_closed_so_that_they_do_not_swallow_each_other() -> None:
    assert (
        tag("rect", x=1, text_anchor="end", class_="a") == '<rect x="1" text-anchor="end" class="a"></rect>'
    )
    assert tag("br") == "<br>"


def test_flags_and_absent_attributes() -> None:
    assert tag("details", open=True, hidden=False, id=None) == "<details open></details>"


def test_characters_that_html_forbids_become_visible() -> None:
    made = join("a\x00b\x1bc\ud800d\ne")
    assert made == "a\ufffdb\ufffdc\ufffdd\ne"
    assert made.encode("utf-8")


def test_clipped_text_says_that_something_is_missing() -> None:
    assert clip("  abcdef ", 6) == "abcdef"
    assert clip("abcdefg", 6) == "abcde…"
    assert clip(None, 6) == ""


def test_nothing_joins_to_markup() -> None:
    assert join(None) == Markup("")
