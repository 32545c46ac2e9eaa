"""Good and bad cases."""

from __future__ import annotations

from page_words import words_of

from pipelines.reports.filter.cases import cases_section


def test_rows_of_every_outcome_are_shown_in_the_filters_order(few):
    text = words_of(cases_section(few))
    titles = (
        "Good cases: kept as they are", "Repaired: a paragraph was taken out",
        "Bad cases: fewer words than the limit too_short",
        "Bad cases: it says something else than the raw annotation low_similarity",
        "Bad cases: it contradicts the raw answer contradiction",
    )  # fmt: skip
    places = [text.index(title) for title in titles]
    assert places == sorted(places)


def test_a_card_has_raw_and_rewritten_text_what_was_taken_out_and_its_figures(few):
    text = words_of(cases_section(few))
    assert "What is it? Raw dog Rewritten A dog. A cat. (10.00)" in text
    assert "similarity 0.75 · reward 1.00 · raw reward −1.00 · paragraphs 20.00, 10.00" in text
    assert "planted: hallucinated paragraph" in text and "NLI 2.00, 1.00, 0.00" in text


def test_a_row_with_a_planted_fault_is_no_good_case(few):
    good = words_of(cases_section(few)).partition("Repaired:")[0]
    assert "one" in good and "right" in good and "high" not in good


def test_every_task_is_among_the_good_cases(few):
    good = words_of(cases_section(few)).partition("Repaired:")[0]
    assert good.count("Rewritten") == 2  # of two tasks, one row each has no fault


def test_rewriting_without_any_row_to_show_says_so(plain):
    assert "Good cases" in words_of(cases_section(plain))
