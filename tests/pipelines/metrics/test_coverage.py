from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.coverage import accuracy_at, agreement_curve, coverage_curve

TRUTH = np.array([0, 1, 0, 1, 0, -1])
ANSWER = np.array([0, 1, 1, 0, -1, 0])
CONFIDENCE = np.array([0.9, 0.8, 0.6, 0.6, np.nan, 0.99])


def test_the_curve_runs_from_the_surest_label_to_all_of_them() -> None:
    curve = coverage_curve(TRUTH, ANSWER, CONFIDENCE)
    assert [(p.threshold, p.answer_rate, p.accuracy.value) for p in curve] == [
        (0.9, pytest.approx(1 / 5), 1.0),
        (0.8, pytest.approx(2 / 5), 1.0),
        (0.6, pytest.approx(4 / 5), 0.5),  # equal confidences come together
    ]


def test_labels_without_confidence_are_one_point() -> None:
    (point,) = coverage_curve(TRUTH, ANSWER, np.full(6, np.nan))
    assert (point.threshold, point.answer_rate, point.accuracy.value) == (None, pytest.approx(0.8), 0.5)


def test_a_long_curve_is_thinned_and_keeps_its_end() -> None:
    rng = np.random.default_rng(0)
    truth, answer = rng.integers(0, 2, 5000), rng.integers(0, 2, 5000)
    curve = coverage_curve(truth, answer, rng.random(5000), max_points=50)
    assert len(curve) == 50
    assert curve[-1].answer_rate == 1.0
    assert curve[-1].accuracy.value == pytest.approx((truth == answer).mean())


def test_nothing_answered_has_no_curve() -> None:
    assert coverage_curve(np.array([0, 1]), np.array([-1, -1]), np.full(2, np.nan)) == []


def test_accuracy_at_an_answer_rate_never_reached_is_none() -> None:
    curve = coverage_curve(TRUTH, ANSWER, CONFIDENCE)
    assert accuracy_at(curve, 0.5).threshold == 0.6
    assert accuracy_at(curve, 0.9) is None


def test_answers_that_agree_in_part_make_the_same_kind_of_curve() -> None:
    part, whole = np.array([2.0, 2.0, 0.0, 4.0]), np.array([2.0, 3.0, 2.0, 4.0])
    confidence = np.array([0.9, 0.7, 0.7, -np.inf])  # the last is no answer
    curve = agreement_curve(part, whole, confidence, np.arange(4))
    assert [(p.threshold, p.answer_rate, p.accuracy.value) for p in curve] == [
        (0.9, 0.25, 1.0),
        (0.7, 0.75, pytest.approx(4 / 7)),
    ]
    free = agreement_curve(part, whole, np.array([np.nan, np.nan, np.nan, -np.inf]), np.arange(4))
    assert [(p.threshold, p.answer_rate) for p in free] == [(None, 0.75)]
    assert agreement_curve(part, whole, np.full(4, -np.inf), np.arange(4)) == []
