from __future__ import annotations

import pytest
from scored_rows import TABLE, loaded

from actors.apply import apply
from actors.scorers.nli import NliScorer, nli_pair


def test_the_premise_is_the_rewritten_answer(folders):
    assert nli_pair("why?", "new", "old") == (
        '"new" is the answer to the question: "why?"',
        '"old" is the answer to the question: "why?"',
    )
    scorer = loaded(NliScorer(folders["nli"]))
    expected = scorer.nli.logits([nli_pair("what color is it", "it is blue.", "blue")])[0]
    assert apply(scorer, TABLE)["nli_similarity"].to_pylist()[2] == pytest.approx(expected.tolist(), abs=1e-5)
