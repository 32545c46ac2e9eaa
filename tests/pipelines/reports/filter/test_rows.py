"""What each filter refused."""

from __future__ import annotations

from page_words import words_of

from pipelines.reports.filter.rows import rows_section


def test_every_outcome_and_every_reason_is_counted_by_data_set(few):
    text = words_of(rows_section(few))
    assert "7 rows came in: 3 kept, 3 dropped, 1 failed." in text
    assert "too_short fewer words than the limit 0 1 = 25.0%" in text
    assert "low_similarity it says something else than the raw annotation 1 = 33.3%" in text
    assert text.index("too_short") < text.index("low_similarity") < text.index("contradiction")


def test_paragraphs_that_were_taken_out_are_counted_in_kept_rows(few):
    assert "1 kept row lost 1 paragraph that did not fit the picture" in words_of(rows_section(few))


def test_failures_have_a_table_of_their_own(few):
    assert "missing_image 1 the picture file is missing" in words_of(rows_section(few))


def test_a_run_that_refused_nothing_says_so(plain):
    text = words_of(rows_section(plain))
    assert "No filter refused a row." in text and "Paragraphs were not scored." in text
