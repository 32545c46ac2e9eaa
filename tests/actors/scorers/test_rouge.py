from __future__ import annotations

import pytest
from scored_rows import loaded, row, rows_table

from actors.apply import apply
from actors.scorers.rouge import RougeScorer


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("the cat sat on the mat", "the cat is on the mat", 10 / 12),  # 5 of 6 words in order on both sides
        ("Running dogs!", "a dog runs", 2 / 5),  # stems run, dog: one in order; 2 * (1/2 * 1/3) / (5/6)
        ("yes", "no", 0.0),
        ("No.", "no", 1.0),
    ],
)
def test_rouge_is_the_f_measure_of_the_longest_common_stems(new, old, expected):
    found = apply(loaded(RougeScorer()), rows_table(row("a", new, old)))
    assert found["rouge_score"].to_pylist() == [pytest.approx(expected)]


def test_a_row_without_both_texts_fails_alone():
    found = apply(
        loaded(RougeScorer()), rows_table(row("a", "x", None), row("b", None, "x"), row("c", "x", "x"))
    )
    assert found["reason"].to_pylist() == ["missing_response", "missing_response", None]
    assert found["rouge_score"].to_pylist() == [None, None, 1.0]
