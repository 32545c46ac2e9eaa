from __future__ import annotations

import random

import pytest
import torch

from actors.models.decoding.candidate_tree import CandidateScores, CandidateTree, greedy_choice, join_scores

# The first two share a beginning, the third is the beginning of the fourth, the last is one token.
CANDIDATES = [[11, 12, 13], [11, 12, 14, 15], [20, 21], [20, 21, 22], [30]]


def test_a_tree_holds_every_shared_beginning_once() -> None:
    tree = CandidateTree(CANDIDATES)
    assert list(tree.nodes) == [(), (11,), (11, 12), (11, 12, 14), (20,), (20, 21)]
    assert tree.visible().int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 0, 0],
        [1, 0, 0, 0, 1, 0],
        [1, 0, 0, 0, 1, 1],
    ]


def test_parts_of_a_tree_hold_every_candidate_once_within_the_limit() -> None:
    chance = random.Random(2)
    many = [[chance.randrange(4) for _ in range(chance.randrange(1, 9))] for _ in range(200)]
    tree = CandidateTree(many)
    parts = tree.parts(20)
    assert sorted(place for places, _ in parts for place in places) == list(range(200))
    assert all(len(part) <= 20 for _, part in parts)
    assert [places for places, _ in tree.parts(len(tree))] == [list(range(200))]
    assert len(CandidateTree([list(range(50))]).parts(20)) == 1


def test_scores_are_read_at_the_node_before_each_token() -> None:
    tree = CandidateTree([[1, 2], [1]])  # nodes: the prompt's end, and [1]
    logits = torch.tensor([[0.0, 3.0, 0.0, 1.0], [2.0, 0.0, 1.0, 0.0]])
    scores = tree.read_scores(logits, end_tokens=[0, 3])
    first, second = logits.log_softmax(-1).tolist()
    assert scores.tokens[0] == pytest.approx([first[1], second[2]])
    assert scores.tokens[1] == pytest.approx([first[1]])
    assert scores.ends[0] is None and scores.ends[1] == pytest.approx(second[0])
    assert scores.totals() == pytest.approx((first[1] + second[2], first[1]))


def test_parts_are_put_together_in_the_order_of_the_whole() -> None:
    parts = [
        ([2, 0], CandidateScores([[-3.0], [-1.0]], [None, -9.0])),
        ([1], CandidateScores([[-2.0]], [None])),
    ]
    whole = join_scores(parts)
    assert whole.tokens == [[-1.0], [-2.0], [-3.0]]
    assert whole.ends == [-9.0, None, None]


@pytest.mark.parametrize(("end", "choice"), [(-0.1, 0), (-3.0, 1)])
def test_a_complete_candidate_competes_by_the_probability_of_its_end(end: float, choice: int) -> None:
    scores = CandidateScores([[-0.5], [-0.5, -1.0], [-0.7]], [end, None, None])
    assert greedy_choice([[5], [5, 6], [7]], scores) == choice


def test_greedy_decoding_is_not_the_likeliest_candidate() -> None:
    scores = CandidateScores([[-0.5, -9.0], [-0.7, -0.1]], [None, None])
    assert max(scores.totals()) == scores.totals()[1]
    assert greedy_choice([[1, 2], [3, 4]], scores) == 0
