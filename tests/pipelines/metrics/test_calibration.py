from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.calibration import Reliability, expected_calibration_error
from pipelines.metrics.intervals.proportions import score_interval

RNG = np.random.default_rng(0)
STATED = RNG.uniform(0, 1, (4000, 3)).astype(np.float32)
TRUE = RNG.random((4000, 3)) < STATED


def read(stated: np.ndarray, true: np.ndarray) -> Reliability:
    found = Reliability()
    found.add(stated, true)
    return found


def test_probabilities_that_mean_what_they_say_lie_on_the_line() -> None:
    bins = read(STATED, TRUE).bins
    assert [one.low for one in bins] == [tenth / 10 for tenth in range(10)]
    assert sum(one.decisions for one in bins) == STATED.size
    assert all(one.low <= one.mean <= one.high for one in bins)
    assert sum(one.share.low <= one.mean <= one.share.high for one in bins) >= 8
    error = expected_calibration_error(bins)
    assert error is not None and error < 0.03


def test_boasting_is_measured() -> None:
    error = expected_calibration_error(read(np.full((100, 1), 0.9), np.arange(100)[:, None] < 50).bins)
    assert error == pytest.approx(0.4)


def test_parts_add_up_to_the_whole() -> None:
    parts = Reliability()
    for start in range(0, 4000, 700):
        parts.add(STATED[start : start + 700], TRUE[start : start + 700])
    assert np.allclose(parts.sums, read(STATED, TRUE).sums)


def test_one_decision_per_row_has_the_interval_of_wilson_for_one_row_less() -> None:
    (one,) = read(np.full((100, 1), 0.75), np.arange(100)[:, None] < 70).bins
    assert one.share.numbers == pytest.approx((0.7, *score_interval(0.7, 99)))


def test_decisions_of_one_row_that_always_agree_count_as_one() -> None:
    single = read(STATED[:, :1], TRUE[:, :1]).bins
    copied = read(np.repeat(STATED[:, :1], 5, axis=1), np.repeat(TRUE[:, :1], 5, axis=1)).bins
    for one, five in zip(single, copied, strict=True):
        assert five.decisions == 5 * one.decisions
        assert five.share.numbers == pytest.approx(one.share.numbers)


def test_a_certain_probability_is_in_the_last_bin_and_no_number_in_none() -> None:
    bins = read(np.array([[1.0], [np.nan]]), np.array([[True], [True]])).bins
    assert [(one.low, one.decisions) for one in bins] == [(0.9, 1)]
    assert expected_calibration_error([]) is None
