from __future__ import annotations

import pytest
from scored_rows import TABLE, loaded

from actors.apply import apply
from actors.scorers.paragraphs import ClipScorer
from actors.scorers.reward import RewardScorer
from actors.scorers.similarity import NliScorer, StsScorer
from actors.together import Together


def test_a_score_does_not_depend_on_the_neighbours(folders):
    parts = (
        StsScorer(folders["sts"]),
        NliScorer(folders["nli"]),
        ClipScorer(folders["clip"]),
        RewardScorer(folders["reward"]),
    )
    scorer = loaded(Together(parts))
    together = apply(scorer, TABLE)
    for i in range(TABLE.num_rows):
        alone = apply(scorer, TABLE.slice(i, 1))
        for column in scorer.writes:
            mine, theirs = alone[column].to_pylist()[0], together[column].to_pylist()[i]
            assert mine == theirs if mine is None else mine == pytest.approx(theirs, abs=1e-4)
