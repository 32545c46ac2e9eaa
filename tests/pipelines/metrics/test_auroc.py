from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from pipelines.metrics.auroc import ONE_CLASS, auroc, macro_auroc, mean_auroc, midranks

RNG = np.random.default_rng(0)
POSITIVE = RNG.random(200) < 0.4
SCORES = np.round(RNG.normal(POSITIVE * 1.0, 1.0), 1)  # rounded, so that there are ties


def test_equal_values_share_their_mean_rank() -> None:
    assert midranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]


def test_the_area_equals_scikit_learn_with_ties() -> None:
    assert len(np.unique(SCORES)) < len(SCORES)
    assert auroc(SCORES, POSITIVE).value == pytest.approx(roc_auc_score(POSITIVE, SCORES))


def test_the_interval_is_delongs_on_the_logit_scale() -> None:
    wins = SCORES[POSITIVE][:, None] - SCORES[~POSITIVE][None]
    kernel = np.where(wins > 0, 1.0, np.where(wins == 0, 0.5, 0.0))
    area = kernel.mean()
    variance = (
        kernel.mean(axis=1).var(ddof=1) / len(kernel) + kernel.mean(axis=0).var(ddof=1) / kernel.shape[1]
    )
    half = 1.959964 * np.sqrt(variance) / (area * (1 - area))
    logits = np.log(area / (1 - area)) + np.array([-half, half])
    estimate = auroc(SCORES, POSITIVE)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(1 / (1 + np.exp(-logits))), abs=1e-6)


def test_one_class_is_undefined_and_says_so() -> None:
    estimate = auroc(np.array([0.1, 0.7]), np.array([True, True]))
    assert (estimate.value, estimate.rows, estimate.note) == (None, 2, ONE_CLASS)
    assert auroc(np.array([]), np.array([], bool)).value is None


def test_perfect_separation_still_has_a_width() -> None:
    estimate = auroc(np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.array([False] * 3 + [True] * 3))
    assert estimate.value == estimate.high == 1.0
    assert 0.4 < estimate.low < 0.5  # Wilson for 3 of 3


def test_one_row_in_a_class_gives_a_wide_interval_and_no_crash() -> None:
    scores = np.arange(21.0)
    estimate = auroc(scores, scores == 15)
    assert estimate.value == 0.75
    assert estimate.low < 0.2 and estimate.high > 0.9


def test_one_row_beside_very_many_is_uncertain_and_no_overflow() -> None:
    scores = np.arange(150_001.0)
    estimate = auroc(scores, scores == 1)
    assert estimate.value == pytest.approx(1 / 150_000)
    assert (estimate.low, estimate.high) == (0.0, 1.0)


def test_labels_that_nearly_all_rows_have_are_as_uncertain_as_rare_ones() -> None:
    positive = np.arange(100) < 98
    found, alone = mean_auroc(positive[:, None] * 1.0, positive[:, None]), auroc(positive * 1.0, positive)
    assert (found.value, found.low) == (1.0, alone.low) and alone.numbers[1] < 0.4


def test_scores_that_never_differ_are_worth_one_half() -> None:
    estimate = auroc(np.zeros(10), np.arange(10) < 4)
    assert estimate.value == 0.5
    assert estimate.low < 0.5 < estimate.high


def test_macro_auroc_equals_scikit_learn_one_against_rest() -> None:
    truth = RNG.integers(0, 3, 150).astype(np.int32)
    scores = RNG.random((150, 3)) + 0.5 * np.eye(3)[truth]
    scores /= scores.sum(axis=1, keepdims=True)
    estimate = macro_auroc(scores, truth)
    assert estimate.value == pytest.approx(roc_auc_score(truth, scores, multi_class="ovr", average="macro"))
    assert estimate.low < estimate.value < estimate.high


def test_macro_auroc_leaves_out_labels_that_no_row_has() -> None:
    truth = np.array([0, 1, 0, 1], np.int32)
    scores = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.6, 0.4, 0.0], [0.7, 0.3, 0.0]])
    assert macro_auroc(scores, truth).value == pytest.approx(0.75)
    assert macro_auroc(scores, np.zeros(4, np.int32)).note == ONE_CLASS
