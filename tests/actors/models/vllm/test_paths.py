from __future__ import annotations

import pytest

from actors.models.vllm.paths import branches, greedy_candidate, totals

END = 2


def test_shared_beginnings_are_one_node() -> None:
    assert branches([[5, 6, 7], [5, 6, 8], [9]], {END}) == {(): [5, 9], (5,): [6], (5, 6): [7, 8]}


def test_a_complete_candidate_that_goes_on_is_scored_with_the_end_tokens() -> None:
    assert branches([[5], [5, 6]], {END, 3}) == {(): [5], (5,): [6, END, 3]}


def test_totals_add_up_the_tokens_without_the_end() -> None:
    scores = {(): {5: -1.0, 9: -4.0}, (5,): {6: -0.5, END: -0.1}}

    assert totals([[5], [5, 6], [9]], scores) == (-1.0, -1.5, -4.0)


def test_the_walk_commits_to_the_best_token_of_each_step() -> None:
    scores = {(): {5: -1.0, 9: -1.1}, (5,): {6: -9.0}}

    assert greedy_candidate([[5, 6], [9]], scores, {END}) == 0


@pytest.mark.parametrize(("end", "winner"), [(-0.1, 0), (-3.0, 1)])
def test_a_candidate_that_another_continues_wins_by_a_likely_end(end: float, winner: int) -> None:
    scores = {(): {5: -1.0}, (5,): {6: -0.5, END: end}}

    assert greedy_candidate([[5], [5, 6]], scores, {END}) == winner
