from __future__ import annotations

import pyarrow as pa
import pytest
from scored_rows import TABLE, loaded, row, rows_table

from actors.apply import apply
from actors.base import LIVE
from actors.scorers.similarity import NliScorer, RougeScorer, StsScorer, nli_pair


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


def test_the_premise_is_the_rewritten_answer(folders):
    assert nli_pair("why?", "new", "old") == (
        '"new" is the answer to the question: "why?"',
        '"old" is the answer to the question: "why?"',
    )
    scorer = loaded(NliScorer(folders["nli"]))
    expected = scorer.nli.logits([nli_pair("what color is it", "it is blue.", "blue")])[0]
    assert apply(scorer, TABLE)["nli_similarity"].to_pylist()[2] == pytest.approx(expected.tolist(), abs=1e-5)


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
