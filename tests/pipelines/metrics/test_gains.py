"""Gains by hand, and answers found where they stand."""

from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.gains import mean_estimate, mean_gain, names_answer


def test_the_gain_is_the_mean_of_paired_differences_with_an_interval_around_it() -> None:
    gain = mean_gain([2.0, 3.0, 5.0, 4.0], [1.0, 1.0, 4.0, 4.0])
    value, low, high = gain.numbers
    assert value == pytest.approx(1.0)
    assert 0.0 <= low < value < high <= 2.0


def test_equal_gains_have_no_spread() -> None:
    assert mean_gain([1.0, 2.0], [0.0, 1.0]).numbers == (1.0, 1.0, 1.0)


def test_no_rows_have_no_gain() -> None:
    assert not mean_gain([], []).defined


@pytest.mark.parametrize(
    ("text", "answer", "named"),
    [
        ("No, there is no blue diamond.", "no", True),
        ("Yes, there is no blue diamond.", "no", False),
        ("The circle is Yellow.", "yellow", True),
        ("The circle is yellowish.", "yellow", False),
        ("", "yellow", False),
    ],
)
def test_an_answer_counts_as_a_whole_word_and_yes_or_no_as_the_first(
    text: str, answer: str, named: bool
) -> None:
    assert names_answer(text, answer) is named


def test_the_interval_of_a_mean_is_students():
    found = mean_estimate(np.array([1.0, 2.0, 3.0, 4.0]))
    assert found.numbers == pytest.approx((2.5, 0.4457, 4.5543), abs=1e-4)
    assert not mean_estimate(np.array([1.0])).defined
    assert mean_estimate(np.array([])).value is None
