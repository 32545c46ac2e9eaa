"""Rows in = rows out, without Ray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from actors.apply import apply
from actors.base import Annotator, BadRow, Filter, Rewriter, row_seed
from pipelines.schema import base_schema, live_row


@dataclass
class Lengths(Annotator):
    seen: list[int] = field(default_factory=list)

    @property
    def reads(self) -> tuple[str, ...]:
        return ("response",)

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {"length": pa.int32()}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        self.seen.append(table.num_rows)
        return {"length": [self.length(text) for text in table["response"].to_pylist()]}

    def length(self, text: str) -> Any:
        if text == "raise":
            raise BadRow("refused_text", "this text cannot be measured")
        return BadRow("returned_bad", "value in place") if text == "return" else len(text)


@dataclass
class Upper(Rewriter):
    @property
    def column(self) -> str:
        return "response"

    def rewrite(self, table: pa.Table) -> Sequence[str | BadRow]:
        return [text.upper() for text in table["response"].to_pylist()]


@dataclass
class Counted(Upper):
    """Tells how long the text was that it replaced; refuses empty ones."""

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {"old_length": pa.int32()}

    def rewrite(self, table: pa.Table) -> Mapping[str, Sequence[object]]:
        texts = table["response"].to_pylist()
        new = [text.upper() if text else BadRow("empty", "no text") for text in texts]
        return {"response": new, "old_length": [len(text) for text in texts]}


@dataclass
class Longer(Filter):
    minimum: int = 3

    @property
    def reads(self) -> tuple[str, ...]:
        return ("length",)

    reasons = {"too_short": "too short"}

    def keep(self, table: pa.Table) -> pa.Array:
        return pc.greater_equal(table["length"].combine_chunks(), self.minimum)

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {"score": table["length"].to_pylist(), "threshold": [self.minimum] * table.num_rows}


def rows(*texts: str) -> pa.Table:
    made = [
        live_row(id=f"set/x/{i}", dataset="set", task="text", response=text) for i, text in enumerate(texts)
    ]
    return pa.Table.from_pylist(made, schema=base_schema())


def test_a_raised_bad_row_costs_that_row_alone() -> None:
    table = apply(Lengths(), rows("one", "raise", "three"))
    assert table["length"].to_pylist() == [3, None, 5]
    assert table["status"].to_pylist() == ["live", "failed", "live"]
    assert table["reason"].to_pylist() == [None, "refused_text", None]
    assert table["detail"].to_pylist()[1] == "this text cannot be measured"


def test_a_returned_bad_row_needs_no_second_call() -> None:
    actor = Lengths()
    table = apply(actor, rows("one", "return"))
    assert table["status"].to_pylist() == ["live", "failed"]
    assert actor.seen == [2]


def test_marked_rows_are_passed_by_and_keep_their_place() -> None:
    actor = Lengths()
    table = apply(
        actor, apply(Longer(3), apply(Lengths(), rows("ab", "abc", "raise"))).drop_columns(["length"])
    )
    assert actor.seen == [1]
    assert table["length"].to_pylist() == [None, 3, None]
    assert table["id"].to_pylist() == ["set/x/0", "set/x/1", "set/x/2"]
    assert table["reason"].to_pylist() == ["too_short", None, "refused_text"]


def test_a_filter_records_score_and_threshold() -> None:
    table = apply(Longer(3), apply(Lengths(), rows("ab", "abc")))
    assert table["status"].to_pylist() == ["dropped", "live"]
    assert table["score"].to_pylist() == [2.0, None]
    assert table["threshold"].to_pylist() == [3.0, None]


@dataclass
class Wordy(Filter):
    """Drops every row, for the reasons it is told to give."""

    given: tuple[str, ...] | None = None

    reasons = {"long": "many words", "empty": "no words"}

    def keep(self, table: pa.Table) -> pa.Array:
        return pa.array([False] * table.num_rows)

    def explain(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        return {} if self.given is None else {"reason": self.given}


def test_a_filter_of_several_reasons_says_which() -> None:
    table = apply(Wordy(("empty", "long")), rows("", "a b c"))
    assert table["reason"].to_pylist() == ["empty", "long"]


@pytest.mark.parametrize("given", [None, ("long",), ("long", "loud")], ids=["none", "too few", "undeclared"])
def test_a_filter_that_gives_no_declared_reason_is_broken_code(given: tuple[str, ...] | None) -> None:
    with pytest.raises(ValueError, match=r"expected a code of its reasons \['empty', 'long'\] for each"):
        apply(Wordy(given), rows("", "a b c"))


def test_a_filter_drops_null_judgements() -> None:
    table = apply(Lengths(), rows("abcd", "abcd"))
    table = table.set_column(
        table.schema.get_field_index("length"), "length", pa.array([None, 4], pa.int32())
    )
    assert apply(Longer(3), table)["status"].to_pylist() == ["dropped", "live"]


def test_a_rewriter_keeps_the_original() -> None:
    table = apply(Upper(), rows("one", "two"))
    assert table["response"].to_pylist() == ["ONE", "TWO"]
    assert table["response_original"].to_pylist() == ["one", "two"]


def test_a_rewriter_leaves_marked_rows_as_they_were() -> None:
    marked = apply(Longer(3), apply(Lengths(), rows("ab", "abc")))
    assert apply(Upper(), marked)["response"].to_pylist() == ["ab", "ABC"]


def test_a_rewriter_can_add_columns_beside_the_new_text() -> None:
    table = apply(Counted(), rows("one", "", "three"))
    assert table["response"].to_pylist() == ["ONE", None, "THREE"]
    assert table["old_length"].to_pylist() == [3, None, 5]
    assert table["response_original"].to_pylist() == ["one", "", "three"]
    assert table["status"].to_pylist() == ["live", "failed", "live"]


def test_an_empty_table_gets_the_columns() -> None:
    table = apply(Lengths(), rows().slice(0, 0))
    assert table.num_rows == 0
    assert table.schema.field("length").type == pa.int32()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"Longer reads \['length'\]"):
        apply(Longer(), rows("a"))


def test_broken_code_is_not_taken_for_broken_data() -> None:
    class Broken(Lengths):
        def length(self, text: str) -> Any:
            raise KeyError("a bug")

    with pytest.raises(KeyError):
        apply(Broken(), rows("a"))


def test_wrong_types_and_lengths_are_bugs_that_say_so() -> None:
    class Words(Lengths):
        def length(self, text: str) -> Any:
            return "many"

    class Short(Lengths):
        def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
            return {"length": [1]}

    with pytest.raises(ValueError, match="Words returned 'length' values that are not int32"):
        apply(Words(), rows("a"))
    with pytest.raises(ValueError, match="Short returned 1 values of 'length' for 2 rows"):
        apply(Short(), rows("a", "b"))


@dataclass
class Quotes(Annotator):
    """What an endpoint said, as a text and in a list."""

    @property
    def reads(self) -> tuple[str, ...]:
        return ("response",)

    @property
    def writes(self) -> Mapping[str, pa.DataType]:
        return {"said": pa.string(), "parts": pa.list_(pa.string())}

    def annotate(self, table: pa.Table) -> Mapping[str, Sequence[Any]]:
        texts = [text.replace("HALF", "\ud83d") for text in table["response"].to_pylist()]
        return {
            "said": [BadRow("refused", text) if "no" in text else text.split("|")[0] for text in texts],
            "parts": [text.split("|") for text in texts],
        }


def test_half_an_emoji_in_any_column_costs_its_row_alone() -> None:
    table = apply(Quotes(), rows("fine|x", "cut HALF", "fine|HALF", "marked", "last"))
    assert table["status"].to_pylist() == ["live", "failed", "failed", "live", "live"]
    assert table["reason"].to_pylist() == [None, "invalid_text", "invalid_text", None, None]
    assert "said is 'cut \\ud83d'" in table["detail"].to_pylist()[1]
    assert table["said"].to_pylist() == ["fine", None, None, "marked", "last"]
    assert table["parts"].to_pylist() == [["fine", "x"], None, None, ["marked"], ["last"]]


def test_half_an_emoji_in_the_words_of_a_bad_row_is_replaced() -> None:
    table = apply(Quotes(), rows("no HALF", "yes"))
    assert table["reason"].to_pylist() == ["refused", None]
    assert table["detail"].to_pylist() == ["no ?", None]


def test_row_seeds_depend_on_run_and_id_alone() -> None:
    assert row_seed(0, "a") == row_seed(0, "a")
    assert len({row_seed(seed, row) for seed in (0, 1) for row in ("a", "b")}) == 4
    assert 0 <= row_seed(7, "ü") < 2**63
