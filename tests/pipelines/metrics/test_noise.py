from __future__ import annotations

import numpy as np
import pytest

from pipelines.metrics.noise import answer_rates, decisions, transition

# cat: 6 cat, 2 dog, 2 unanswered; dog: all unanswered
CONFUSION = np.array([[6, 2, 2], [0, 0, 4]])


def test_shares_are_of_the_answered_rows_of_a_human_label():
    cat, dog = transition(CONFUSION)
    assert [cell.value for cell in cat] == [0.75, 0.25]
    assert all(cell.low < cell.value < cell.high for cell in cat)
    assert [cell.value for cell in dog] == [None, None]


def test_answer_rates_count_every_row_of_a_human_label():
    assert [rate.value for rate in answer_rates(CONFUSION)] == [pytest.approx(0.8), 0.0]


def test_decisions_count_rows_by_label_people_and_answer():
    human = np.array([[True, False], [True, True], [False, False], [True, False]])
    given = np.array([[True, True], [False, True], [False, False], [False, False]])
    found = decisions(human, given, np.array([True, True, True, False]))
    assert found[0].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert found[1].tolist() == [[1, 1, 1], [0, 1, 0]]
    assert (found.sum(axis=(1, 2)) == 4).all()
