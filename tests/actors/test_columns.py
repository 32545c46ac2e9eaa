"""Names of column types become Arrow's types, and types are let through."""

from __future__ import annotations

import pyarrow as pa
import pytest

from actors.columns import SCORED_TEXTS, arrow_types, named_types


def test_a_name_is_the_one_that_arrow_gives():
    assert all(str(kind) == name for name, kind in named_types().items())
    named = arrow_types({"a": "string", "b": "double", "c": "list<item: list<item: float>>"})
    assert named == {"a": pa.string(), "b": pa.float64(), "c": pa.list_(pa.list_(pa.float32()))}
    assert arrow_types({"d": SCORED_TEXTS})["d"].value_type.names == ["score", "text"]


def test_arrows_own_types_stay_those_too_that_have_no_name():
    assert arrow_types({"when": pa.date32(), "what": "string"}) == {"when": pa.date32(), "what": pa.string()}


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(ValueError, match="'text'.*'double'.*'string'"):
        arrow_types({"label": "text"})
