from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from sklearn.metrics import f1_score

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.multi_label import MANY, exact_matches, macro_f1, micro_f1

RNG = np.random.default_rng(1)
TRUTH = RNG.random((200, 4)) < 0.3
GIVEN = TRUTH ^ (RNG.random((200, 4)) < 0.15)


def test_values_are_those_of_scikit_learn() -> None:
    assert micro_f1(TRUTH, GIVEN).value == pytest.approx(f1_score(TRUTH, GIVEN, average="micro"))
    assert macro_f1(TRUTH, GIVEN).value == pytest.approx(f1_score(TRUTH, GIVEN, average="macro"))
    assert exact_matches(TRUTH, GIVEN).value == (TRUTH == GIVEN).all(axis=1).mean()


def test_the_interval_shrinks_with_the_rows_and_is_the_same_every_time() -> None:
    few, many = micro_f1(TRUTH[:20], GIVEN[:20]), micro_f1(TRUTH, GIVEN)
    assert few.numbers[2] - few.numbers[1] > many.numbers[2] - many.numbers[1] > 0
    assert many == micro_f1(TRUTH, GIVEN) and many.rows == 200


def test_a_label_nobody_has_or_was_given_is_left_out() -> None:
    wider = [np.pad(part, ((0, 0), (0, 1))) for part in (TRUTH, GIVEN)]
    assert macro_f1(*wider).value == pytest.approx(macro_f1(TRUTH, GIVEN).value)


def test_without_rows_or_labels_it_is_undefined_and_says_so() -> None:
    assert micro_f1(TRUTH[:0], GIVEN[:0]).note == "no rows"
    empty = np.zeros((3, 2), dtype=bool)
    assert micro_f1(empty, empty).value is None and "undefined" in macro_f1(empty, empty).note


@pytest.mark.parametrize("figure", [micro_f1, macro_f1])
def test_the_interval_of_very_many_kinds_of_rows_is_that_of_the_bootstrap(
    figure: Callable[..., Estimate],
) -> None:
    rng = np.random.default_rng(2)
    numbers = rng.permutation(2**15)[: MANY + 1]
    truth = (numbers[:, None] >> np.arange(15)) % 2 == 1  # no two rows alike
    given = truth ^ (rng.random(truth.shape) < np.linspace(0.01, 0.4, 15))
    drawn, found = figure(truth[:-1], given[:-1]), figure(truth, given)
    assert found.value == pytest.approx(drawn.value, abs=1e-4)
    assert found.numbers[2] - found.numbers[1] == pytest.approx(drawn.numbers[2] - drawn.numbers[1], rel=0.08)
    assert (found.numbers[1] + found.numbers[2]) / 2 == pytest.approx(found.value)


def test_the_interval_of_very_many_rows_of_few_kinds_is_a_bootstraps() -> None:
    truth = np.zeros((3 * MANY, 2), dtype=bool)
    truth[::2, 0], truth[:2, 1] = True, True
    given = truth.copy()
    given[1, 1] = False
    found = macro_f1(truth, given)
    assert found.value == pytest.approx((1 + 2 / 3) / 2)
    # A draw has none of the two rows with the second label now and then, or only the one that is right.
    assert found.numbers[1:] == pytest.approx((0.5, 1.0))


def test_an_interval_is_that_of_draws_of_single_rows() -> None:
    rng = np.random.default_rng(3)
    chosen = rng.integers(0, 200, size=(2000, 200))
    right, marks = (TRUTH & GIVEN).sum(axis=1), TRUTH.sum(axis=1) + GIVEN.sum(axis=1)
    drawn = 2 * right[chosen].sum(axis=1) / marks[chosen].sum(axis=1)
    assert micro_f1(TRUTH, GIVEN).numbers[1:] == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=5e-3)
