from __future__ import annotations

import pyarrow as pa
import pytest
from scored_rows import TABLE, loaded, row, rows_table

from actors.apply import apply
from actors.base import LIVE
from actors.scorers.nli import NliScorer
from actors.scorers.sts import StsScorer


def test_captions_get_a_similarity_and_answers_get_logits(folders):
    found = apply(loaded(StsScorer(folders["sts"])), TABLE)
    found = apply(loaded(NliScorer(folders["nli"])), found)
    assert [score is not None for score in found["sts_similarity"].to_pylist()] == [True, True, False, False]
    logits = found["nli_similarity"].to_pylist()
    assert [row is not None for row in logits] == [False, False, True, False]
    assert len(logits[2]) == 3


def test_identical_texts_are_entirely_similar(folders):
    found = apply(loaded(StsScorer(folders["sts"])), rows_table(row("a", "a red dog", "a red dog")))
    assert found["sts_similarity"].to_pylist() == [pytest.approx(1.0, abs=1e-5)]


def test_a_marked_row_is_not_scored(folders):
    table = TABLE.set_column(6, "status", pa.array([LIVE, "dropped", LIVE, LIVE]))
    found = apply(loaded(StsScorer(folders["sts"])), table)
    assert found["sts_similarity"].to_pylist()[1] is None
