"""A row as an instruction with a response, or the reason why it is none."""

from __future__ import annotations

from typing import Any

import pytest

from actors.base import BadRow
from pipelines.exports.pairs import PairMaker, label_column

ROW: dict[str, Any] = {"id": "a/1", "images": ["x.png"], "instruction": "What?<image>", "response": "A dog."}


def test_a_row_with_both_is_as_it_is() -> None:
    assert PairMaker(None)(ROW) == ROW
    assert PairMaker(None)(ROW | {"instruction": "What?"})["instruction"] == "What?<image>"
    assert PairMaker(None)(ROW | {"instruction": None})["instruction"] == "<image>"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"response": None}, "missing_response"),
        ({"response": " "}, "missing_response"),
        ({"instruction": None, "images": []}, "empty_text"),
        ({"instruction": "Which <image> of <image>?"}, "image_marks"),
        ({"instruction": "<image>", "images": None}, "image_marks"),
        ({"response": "See <image>."}, "image_marks"),
    ],
)
def test_a_row_that_is_no_pair_has_its_reason(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadRow) as caught:
        PairMaker(None)(ROW | change)
    assert caught.value.reason == reason


def test_of_a_labelled_row_the_models_label_is_the_response_and_never_the_human_one() -> None:
    row = {
        "text": "Fine.",
        "images": [],
        "instruction": "x",
        "response": "bad",
        "human_label": "bad",
        "label": "good",
    }
    pair = PairMaker("label")(row)
    assert (pair["instruction"], pair["response"]) == ("Fine.", "good")
    several = PairMaker("labels")(row | {"labels": ["a", "b"], "images": ["x.png"]})
    assert (several["instruction"], several["response"]) == ("Fine.<image>", "a, b")
    for label, value in (("label", None), ("labels", [])):
        with pytest.raises(BadRow, match="missing_response"):
            PairMaker(label)(row | {label: value})


def test_a_labelling_run_is_known_by_its_columns() -> None:
    assert label_column({"text", "human_label", "label", "confidence"}) == "label"
    assert label_column({"text", "labels"}) == "labels"
    assert label_column({"text", "human_label", "response"}) is None
