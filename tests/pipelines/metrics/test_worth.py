from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.worth import worth

SIZES = [10, 100, 1000]
LINE = np.array([0.5, 0.7, 0.9])


def still(line, draws=5):
    return np.tile(line, (draws, 1))


def test_a_figure_on_the_curve_is_worth_its_number_of_labels():
    found = worth(SIZES, still(LINE), np.full(5, 0.7))
    assert (found.value, found.low, found.high) == pytest.approx((100, 100, 100))


def test_between_two_sizes_labels_grow_by_equal_factors():
    found = worth(SIZES, still(LINE), np.full(5, 0.6))
    assert found.value == pytest.approx(10**1.5)


def test_beyond_the_curve_it_says_more_than_or_fewer_than():
    best, worst = (worth(SIZES, still(LINE), np.full(5, figure)) for figure in (0.95, 0.4))
    assert best.words() == "more than 1,000 human labels"
    assert worst.words() == "fewer than 10 human labels"
    assert best.value is worst.value is None


def test_the_interval_is_that_of_the_draws_and_may_end_beyond_the_curve():
    figures = np.array([0.6, *np.linspace(0.45, 0.95, 101)])
    found = worth(SIZES, still(LINE, 102), figures)
    assert found.words() == "about 32 human labels (fewer than 10 to more than 1,000)"


def test_a_curve_that_dips_is_made_rising():
    found = worth(SIZES, still(np.array([0.6, 0.5, 0.9])), np.full(5, 0.7))
    assert 100 < found.value < 1000
    assert found.value == pytest.approx(100 * 10 ** ((0.7 - 0.55) / (0.9 - 0.55)))


def test_a_curve_of_one_size_is_refused():
    with pytest.raises(ValueError, match="two numbers of human labels"):
        worth([10], still(LINE[:1]), np.full(5, 0.7))
