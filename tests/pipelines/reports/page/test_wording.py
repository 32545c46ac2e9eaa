from __future__ import annotations

import pytest
from page_words import words_of

from pipelines.metrics.intervals.estimate import Estimate, undefined
from pipelines.reports.page.wording import (
    count,
    duration,
    figure_cell,
    language_name,
    listing,
    percent,
    points_cell,
    share_cell,
    signed,
)  # fmt: skip


def test_counts_have_their_plural_and_their_thousands() -> None:
    assert (count(1, "row"), count(12_345, "row"), count(2, "class", "classes")) == (
        "1 row", "12,345 rows", "2 classes",
    )  # fmt: skip


@pytest.mark.parametrize(("parts", "words"), [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b and c")])
def test_a_listing_has_one_and(parts: list[str], words: str) -> None:
    assert listing(parts) == words


@pytest.mark.parametrize(("figure", "words"), [(3.14, "+3.1"), (-2.0, "−2.0"), (0.04, "0.0"), (-0.04, "0.0")])
def test_a_sign_is_a_true_minus_and_a_rounded_zero_has_none(figure: float, words: str) -> None:
    assert signed(figure) == words


def test_a_share_is_in_percent_with_its_interval() -> None:
    assert words_of(share_cell(Estimate(0.5, 0.25, 0.75, 9))) == "50.0% 25.0 to 75.0"
    assert percent(0.523) == "52.3%"


def test_a_figure_without_an_interval_says_why() -> None:
    assert words_of(figure_cell(Estimate(1.5, None, None, 1, "one row"), 1)) == "1.5 one row"
    assert words_of(share_cell(undefined(0, "no rows"))) == "— no rows"


def test_a_negative_figure_has_a_true_minus_and_a_difference_its_sign() -> None:
    assert words_of(figure_cell(Estimate(-1.0, -2.0, -0.0001, 9), 2)) == "−1.00 −2.00 to 0.00"
    assert words_of(points_cell(Estimate(0.1, -0.05, 0.25, 9))) == "+10.0 pts −5.0 to +25.0"


def test_a_language_is_named_where_its_code_is_known() -> None:
    assert (language_name("de"), language_name("zh-TW"), language_name("xx")) == (
        "German (de)", "Chinese (zh-TW)", "xx",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "words"), [(42, "42 s"), (450, "7.5 min"), (11_520, "3.2 hours"), (1_036_800, "12 days")]
)
def test_durations_are_in_a_unit_people_use(seconds: float, words: str) -> None:
    assert duration(seconds) == words
