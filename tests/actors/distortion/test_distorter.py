"""The distorted text of every row by its strategy, without a language model."""

from __future__ import annotations

import pyarrow as pa

from actors.apply import apply
from actors.columns import arrow_types
from actors.distortion.distorter import DistortedFilter, Distorter
from pipelines.schema import base_schema, live_row
from pipelines.sources.dialogues.grounding import GROUNDING_COLUMNS

POLITE = "The picture shows a large brown dog. It runs over a green lawn after a ball."
SCHEMA = pa.schema([*base_schema(), *arrow_types(GROUNDING_COLUMNS).items(), ("distortion", pa.string())])


def distorted(rows: list[dict[str, object]], **settings: bool) -> pa.Table:
    full = [live_row(id=str(i), dataset="a", task="caption") | row for i, row in enumerate(rows)]
    actor = Distorter(("random", "boxes"), **settings)
    actor.load()
    table = apply(actor, pa.Table.from_pylist(full, schema=SCHEMA))
    return apply(DistortedFilter(with_llm=False), table)


def test_boxes_take_the_place_of_a_description_and_random_text_of_the_rest() -> None:
    boxed = {"captions": ["a dog"], "box_labels": ["dog"], "boxes": [[0.0, 0.1, 0.5, 1.0]]}
    rows: list[dict[str, object]] = [
        {"response": POLITE, "distortion": "boxes", **boxed},
        {"response": POLITE, "distortion": "random"},
    ]
    first, second = distorted(rows).to_pylist()
    assert first["response"].startswith("a dog\n\nThe followings are specific object locations")
    assert first["response"].endswith("\ndog: [0.000, 0.100, 0.500, 1.000]")
    assert first["distortion_detail"] == "1 captions, 1 boxes"
    assert second["response"] != POLITE and second["distortion_changed"]
    assert first["response_original"] == second["response_original"] == POLITE


def test_an_unchanged_text_stays_and_says_so() -> None:
    [row] = distorted([{"response": "red", "distortion": "random"}]).to_pylist()
    assert (row["status"], row["response"], row["distortion_changed"]) == ("live", "red", False)


def test_a_text_of_which_nothing_is_left_is_dropped() -> None:
    rows: list[dict[str, object]] = [{"response": "a. b", "distortion": "random"}] * 300
    table = distorted(rows, faithful=True).to_pylist()
    gone = [row for row in table if row["status"] == "dropped"]
    assert gone and all(row["reason"] == "distortion_empty" for row in gone)
    assert all(row["response"].strip() for row in table if row["status"] == "live")


def test_a_row_without_a_response_fails_alone() -> None:
    rows: list[dict[str, object]] = [
        {"response": None, "distortion": "random"},
        {"response": POLITE, "distortion": "random"},
    ]
    first, second = distorted(rows).to_pylist()
    assert (first["status"], first["reason"]) == ("failed", "empty_text")
    assert second["status"] == "live"
