"""The laboratory's rows: the same again from the same seed, true to the pixels, apart between splits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from PIL import Image

from actors.columns import arrow_types
from actors.distortion.strategies import BOX_HEADER
from pipelines.engine.ingest import to_table
from pipelines.schema import base_schema
from pipelines.sources.choice import open_source
from pipelines.sources.scenes.source import Scenes


def rows_of(tmp_path: Path, **settings: Any) -> list[dict[str, Any]]:
    return list(Scenes(cache=tmp_path, **settings).rows())


def test_the_same_seed_gives_the_same_rows_and_any_number_of_them(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, num_rows=41)
    assert rows == rows_of(tmp_path / "elsewhere", num_rows=90)[:41]
    assert len({row["id"] for row in rows}) == len(rows) == 41
    other = rows_of(tmp_path, num_rows=41, seed=1)
    assert sum(row["response"] == twin["response"] for row, twin in zip(rows, other)) < 20


def test_rows_fit_their_schema_and_name_pictures_that_are_there(tmp_path: Path) -> None:
    for kind in ("polite", "terse", "faults"):
        source = Scenes(num_rows=60, kind=kind, cache=tmp_path, side=48)
        schema = pa.schema([*base_schema(), *arrow_types(source.columns).items()])
        table = to_table(list(source.rows()), schema)
        assert set(table["status"].to_pylist()) == {"live"}
        for row in table.to_pylist():
            assert row["instruction"].count("<image>") == len(row["images"]) > 0
            for image in row["images"]:
                assert Image.open(source.image_root() / image).size == (48, 48)


def test_terse_and_polite_rows_tell_the_same_facts(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, num_rows=400)
    assert {row["task"] for row in rows} == {
        "caption", "vqa", "vqa_rationale", "classification", "region_caption", "change_caption",
    }  # fmt: skip
    for row in rows:
        assert row["response"] == row["terse_response"] and row["polite_reference"] != row["response"]
        if row["task"] == "caption":
            assert len(row["captions"]) == 5 and row["polite_paragraphs"].startswith(row["polite_reference"])
            assert all(label.split()[0] in row["polite_reference"] for label in row["box_labels"])
            assert (BOX_HEADER in row["response"]) == row["terse_style"].endswith("boxes")
        if row["question_kind"] not in (None, "yes_no"):
            assert row["answer"] in row["polite_reference"]
    polite = rows_of(tmp_path, num_rows=400, kind="polite")
    assert all(row["response"] in (row["polite_reference"], row["polite_paragraphs"]) for row in polite)
    assert len({row["response"].split()[0] for row in polite}) > 15


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_rows": 0}, "0 rows"),
        ({"split": "dev"}, "split 'dev'"),
        ({"kind": "rude"}, "kind 'rude'"),
        ({"side": 8}, "side is 8"),
    ],
)
def test_settings_that_cannot_work_are_named(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenes(**settings).check()


def test_flags_choose_rows_split_responses_and_size() -> None:
    chosen = open_source("scenes", sample=7, split="test", responses="faults", picture_side=96)
    assert chosen == Scenes(7, "test", kind="faults", side=96)
