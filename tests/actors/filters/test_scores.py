from __future__ import annotations

import pytest
from response_rows import marks, rows_table

from actors.apply import apply
from actors.filters.scores import NliFilter, StsFilter


def test_similarity_at_the_limit_stays_and_rows_without_one_stay():
    rows = [{"sts_similarity": score} for score in (0.40, 0.3999, None)]
    found = apply(StsFilter(), rows_table(*rows))
    assert found["reason"].to_pylist() == [None, "low_similarity", None]
    assert found["score"].to_pylist()[1] == pytest.approx(0.3999)
    assert found["threshold"].to_pylist()[1] == 0.40


def test_only_a_leading_contradiction_drops_a_row():
    rows = [[2.0, 1.0, -1.0], [-5.7, 4.6, -0.5], [1.0, 0.0, 1.0], None]
    table = [{"nli_similarity": logits} for logits in rows]
    assert marks(NliFilter(), *table) == ["contradiction", None, None, None]
    assert marks(NliFilter(margin=1.5), *table) == [None] * 4
