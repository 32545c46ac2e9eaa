from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.auroc import auroc
from pipelines.metrics.intervals.trainings import (
    ONE_SEED,
    accuracies,
    aurocs,
    difference,
    draw,
    estimate,
    group_numbers,
    macro_f1s,
    mean_over_seeds,
    ratio,
    share,
)
from pipelines.metrics.label_space import LabelSpace

TRUTH = np.array([0, 0, 1, 1, 1, 0], np.int32)
PREDICTED = np.array([[0, 0, 1, 1, 0, 1], [0, 1, 1, 1, 1, 0]], np.int32)  # four and five right
ALONE = np.arange(6)
TWO, MARKS = LabelSpace(("no", "yes")), LabelSpace(("no", "yes", "maybe"))


def test_the_first_draw_is_the_data_as_it_is():
    draws = draw(ALONE, 2)
    assert accuracies(TRUTH, PREDICTED, draws)[0] == pytest.approx([4 / 6, 5 / 6])
    assert mean_over_seeds(accuracies(TRUTH, PREDICTED, draws), draws)[0] == pytest.approx(9 / 12)


def test_macro_f1_is_the_mean_over_labels_and_an_absent_label_is_left_out():
    draws = draw(ALONE, 2, resamples=1)
    # first training: label 0 has 2 right, 3 given, 3 actual; label 1 the same. Label 2 never occurs
    assert macro_f1s(MARKS.marks(TRUTH), MARKS.marks(PREDICTED), draws)[0, 0] == pytest.approx(4 / 6)


def test_auroc_equals_the_one_of_ranks_with_ties():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 60).astype(np.int32)
    chances = np.round(rng.random((1, 60, 2)), 1)
    draws = draw(np.arange(60), 1, resamples=3)
    assert aurocs(TWO.marks(truth), chances, [1], draws)[0, 0] == pytest.approx(
        auroc(chances[0, :, 1], truth == 1).value
    )


def test_auroc_of_a_drawn_sample_counts_a_row_as_often_as_it_was_drawn():
    rng = np.random.default_rng(1)
    truth, chances = rng.integers(0, 2, 20).astype(np.int32), rng.random((1, 20, 2))
    draws = draw(np.arange(20), 1, resamples=1)
    times = draws.rows[1].astype(int)
    drawn = auroc(np.repeat(chances[0, :, 1], times), np.repeat(truth, times) == 1).value
    assert aurocs(TWO.marks(truth), chances, [1], draws)[1, 0] == pytest.approx(drawn)


def test_one_class_has_no_auroc_and_says_so():
    draws = draw(ALONE, 2)
    scores = aurocs(TWO.marks(np.zeros(6, np.int32)), np.full((2, 6, 2), 0.5), [1], draws)
    found = estimate(mean_over_seeds(scores, draws), 6, 2)
    assert found.value is None and "one class" in found.note


def test_rows_of_one_picture_are_drawn_together():
    groups = group_numbers(["a", "b", "a", "c"])
    draws = draw(groups, 1, resamples=50)
    assert (draws.rows[:, 0] == draws.rows[:, 2]).all()
    assert (draws.rows[:, 0] != draws.rows[:, 1]).any()


def test_an_interval_over_rows_of_one_picture_is_wider_than_over_as_many_single_rows():
    rng = np.random.default_rng(0)
    right = np.repeat(rng.random(50) < 0.6, 4).astype(np.int32)
    together = draw(np.repeat(np.arange(50), 4), 1)
    apart = draw(np.arange(200), 1)
    widths = []
    for draws in (together, apart):
        found = estimate(
            mean_over_seeds(accuracies(np.ones(200, np.int32), right[None], draws), draws), 200, 1
        )
        widths.append(found.high - found.low)
    assert widths[0] > 1.5 * widths[1]


def test_one_seed_is_said_in_the_note():
    draws = draw(ALONE, 1)
    found = estimate(mean_over_seeds(accuracies(TRUTH, PREDICTED[:1], draws), draws), 6, 1)
    assert found.note == ONE_SEED


def test_a_difference_of_equal_trainings_is_zero_and_not_resolved():
    draws = draw(ALONE, 2)
    figures = mean_over_seeds(accuracies(TRUTH, PREDICTED, draws), draws)
    found = difference(figures, figures, 6, 2)
    assert found.estimate.numbers == (0.0, 0.0, 0.0)
    assert found.p_value == 1.0 and not found.resolved


def test_a_ratio_is_of_the_same_draws():
    draws = draw(ALONE, 2)
    figures = mean_over_seeds(accuracies(TRUTH, PREDICTED, draws), draws)
    assert ratio(figures, figures, 6, 2).numbers == (1.0, 1.0, 1.0)
    assert ratio(figures / 2, figures, 6, 2).numbers == pytest.approx((0.5, 0.5, 0.5))


def test_a_clear_difference_is_resolved_and_pairing_makes_it_narrower():
    rng = np.random.default_rng(0)
    hard = rng.random(300) < 0.4
    first = np.stack([~hard | (rng.random(300) < 0.3) for _ in range(3)]).astype(np.int32)
    second = np.stack([~hard & (rng.random(300) < 0.9) for _ in range(3)]).astype(np.int32)
    draws = draw(np.arange(300), 3)
    ones = np.ones(300, np.int32)
    one, other = (mean_over_seeds(accuracies(ones, part, draws), draws) for part in (first, second))
    paired = difference(one, other, 300, 3)
    assert paired.resolved and paired.p_value < 0.01
    unpaired = difference(
        one, other[np.r_[0, np.random.default_rng(1).permutation(len(other) - 1) + 1]], 300, 3
    )
    width = [found.estimate.high - found.estimate.low for found in (paired, unpaired)]
    assert width[0] < 0.8 * width[1]


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    """Three seeds whose spread is half that of the rows."""
    rng = np.random.default_rng(3)
    held = 0
    for trial in range(120):
        row, seed = rng.normal(size=(1, 80)), 0.05 * rng.normal(size=(3, 1))
        wins = (0.3 * row + seed + rng.normal(size=(3, 80)) > 0).astype(np.int32)
        draws = draw(np.arange(80), 3, resamples=200, seed=trial)
        found = estimate(mean_over_seeds(accuracies(np.ones(80, np.int32), wins, draws), draws), 80, 3)
        held += found.low <= 0.5 <= found.high
    assert held / 120 >= 0.90


def test_the_interval_of_a_share_ends_at_0_and_1_also_where_seeds_are_drawn_apart():
    figures = np.array([0.02, -0.03, 0.05, 0.07, -0.01])
    assert estimate(figures, 50, 2).low < 0
    assert share(figures, 50, 2).low == 0.0
    assert share(1 - figures, 50, 2).high == 1.0
