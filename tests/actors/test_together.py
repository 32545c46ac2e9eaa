"""Annotators that share a worker behave as stages of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pytest
from response_rows import rows_table

from actors.apply import apply
from actors.base import Annotator, BadRow
from actors.scorers.similarity import RougeScorer, StsScorer
from actors.together import Together


@dataclass
class Words(Annotator):
    """`words`: the number of words; an empty response is a bad row."""

    reads = ("response",)
    writes = {"words": pa.int32()}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        counts = [len(text.split()) for text in table["response"].to_pylist()]
        return {"words": [count or BadRow("no_words", "an empty response") for count in counts]}


@dataclass
class Inverse(Annotator):
    """`inverse`: one over the number of words, as a column or raised where it says `broken`."""

    reads = ("words", "response")
    writes = {"inverse": pa.float64()}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        if "broken" in table["response"].to_pylist():
            raise BadRow("broken_text", "it says so")
        return {"inverse": [1 / words for words in table["words"].to_pylist()]}


TABLE = rows_table({"response": "a red dog"}, {"response": ""}, {"response": "broken"})


def test_parts_do_what_stages_of_their_own_would():
    apart = apply(Inverse(), apply(Words(), TABLE))
    table = apply(Together((Words(), Inverse())), TABLE)
    assert table.drop_columns(["words"]).to_pylist() == apart.drop_columns(["words"]).to_pylist()


def test_a_failed_row_keeps_the_reason_of_the_part_that_failed_it():
    table = apply(Together((Words(), Inverse())), TABLE)
    assert table["reason"].to_pylist() == [None, "no_words", "broken_text"]
    assert table["inverse"].to_pylist() == [pytest.approx(1 / 3), None, None]
    assert table["words"].to_pylist() == [3, None, None]


def test_parts_of_one_worker_see_what_earlier_parts_wrote():
    both = Together((RougeScorer(), StsScorer("some/model")))
    assert both.reads == ("response", "response_original", "task")
    assert list(both.writes) == ["rouge_score", "sts_similarity"]
    assert [part["actor"] for part in both.identity()["parts"]] == ["RougeScorer", "StsScorer"]
