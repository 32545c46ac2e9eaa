from __future__ import annotations

import pytest
from scored_rows import TABLE, loaded

from actors.apply import apply
from actors.scorers.reward import RewardScorer


def test_rewards_of_the_rewritten_and_the_raw_answer_stand_side_by_side(folders):
    scorer = loaded(RewardScorer(folders["reward"]))
    found = apply(scorer, TABLE)
    expected = scorer.rewards.score([("what color is it", "it is blue."), ("what color is it", "blue")])
    shown = [found["reward"][2].as_py(), found["reward_original"][2].as_py()]
    assert shown == pytest.approx(expected.tolist(), abs=1e-5)
    assert "reward_original" not in RewardScorer(folders["reward"], raw=False).writes
