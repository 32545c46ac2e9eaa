"""A training of MMBT before it starts: its checks, its identity and its rows."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mmbt_sets import colour_rows, label_table, tiny_settings, write_set

from pipelines.engine.run_folder import RunFolder
from trainers.loop.launch import WorkerFlags
from trainers.mmbt.request import (
    Request,
    check_classes,
    check_request,
    check_splits,
    new_session,
    prepare_rows,
)
from trainers.mmbt.settings import POCKET
from trainers.mmbt.verb import mmbt

HERE = WorkerFlags(workers=0)


def test_a_label_table_may_be_corrected_after_a_start_that_was_killed_while_rows_were_prepared(
    finished: Path, tmp_path: Path
) -> None:
    training, out = tiny_settings(finished / "bert", epochs=1), tmp_path / "out"
    table = label_table(tmp_path / "labels.parquet", {"nobody": "food"})
    request = check_request(
        [finished / "train"], None, [], labels=table, classes=(), settings=training, preset="pocket"
    )
    (out / "prepared").mkdir(parents=True)
    RunFolder(out).begin(request.identity())
    with pytest.raises(ValueError, match="no row is left"):
        mmbt((finished / "train",), labels=table, out=out, training=training, workers=HERE)
    labels = {row["id"]: row["human_label"] for row in colour_rows(40)}
    table = label_table(tmp_path / "labels.parquet", labels)
    mmbt((finished / "train",), labels=table, out=out, training=training, workers=HERE)
    assert json.loads((out / "training.json").read_text())["rows"]["train"]["used"] == 36


def test_a_corrected_label_table_is_welcome_after_a_wrong_one(finished: Path, tmp_path: Path) -> None:
    labels = {row["id"]: row["human_label"] for row in colour_rows(40)}
    training = tiny_settings(finished / "bert", epochs=1)
    for wrong, words in ((labels, "'toy/0003' the weight 0.0"), ({"nobody": "food"}, "no row is left")):
        table = label_table(tmp_path / "labels.parquet", wrong, **{"toy/0003": 0.0})
        with pytest.raises(ValueError, match=words):
            mmbt((finished / "train",), labels=table, out=tmp_path / "out", training=training, workers=HERE)
    table = label_table(tmp_path / "labels.parquet", labels)
    mmbt((finished / "train",), labels=table, out=tmp_path / "out", training=training, workers=HERE)
    assert json.loads((tmp_path / "out/training.json").read_text())["rows"]["train"]["used"] == 36


def test_what_the_backbone_sees_is_part_of_what_a_training_is(finished: Path) -> None:
    seen = {}
    for name in ("resnet18@random", "efficientnet-lite0@random"):
        settings = replace(POCKET, image_model=name)
        request = check_request(
            [finished / "train"], None, [], labels=None, classes=(), settings=settings, preset="pocket"
        )
        seen[name] = request.identity().get("pixels")
    assert seen["resnet18@random"] is None and seen["efficientnet-lite0@random"][1] == [128 / 255] * 3


def request(root: Path, **changes: Any) -> Request:
    """A request to train on the set under `root`, which is written when it is not there."""
    if not (root / "train").is_dir():
        write_set(root / "train", colour_rows(9))
    values: dict[str, Any] = {"labels": None, "classes": (), "settings": POCKET, "preset": "pocket"}
    return check_request([root / "train"], None, [], **(values | changes))


def test_all_that_decides_the_weights_is_in_the_identity_and_nothing_else(tmp_path: Path) -> None:
    one = request(tmp_path).identity()
    assert request(tmp_path, settings=replace(POCKET, checkpoint_s=1.0)).identity() == one
    table = label_table(tmp_path / "labels.parquet", {"toy/0000": "food"})
    others: list[dict[str, Any]] = [
        {"settings": replace(POCKET, seed=1)},
        {"preset": "mmf"},
        {"classes": ("animal", "food")},
        {"labels": table},
    ]
    assert all(request(tmp_path, **changes).identity() != one for changes in others)
    before = request(tmp_path, labels=table).identity()
    label_table(table, {"toy/0000": "animal"})
    assert request(tmp_path, labels=table).identity() != before


def test_the_keys_of_an_identity_stay_as_earlier_runs_wrote_them(tmp_path: Path) -> None:
    identity = request(tmp_path, settings=replace(POCKET, image_model="resnet18@random")).identity()
    assert list(identity) == ["settings", "preset", "sources", "dev_source", "label_table", "classes"]
    assert list(identity["sources"]) == ["train", "test"]
    assert list(identity["sources"]["train"][0]) == ["path", "name", "created", "rows"]


def test_sources_are_of_one_kind_and_given_once(tmp_path: Path) -> None:
    single = write_set(tmp_path / "single", colour_rows(3))
    several = write_set(tmp_path / "several", colour_rows(3, several=True))
    assert check_splits([several], None, [several]).multi_label
    with pytest.raises(ValueError, match="given twice with --test"):
        check_splits([single], None, [single, single])
    with pytest.raises(ValueError, match="train and test on sets of one kind"):
        check_splits([single], None, [several])
    with pytest.raises(ValueError, match="train and test on sets of one kind"):
        check_splits([single], several, [])


def test_one_class_is_enough_only_where_a_row_may_have_none() -> None:
    check_classes(["spam"], multi_label=True)
    check_classes([], multi_label=False)
    with pytest.raises(ValueError, match="'spam' alone"):
        check_classes(["spam"], multi_label=False)
    with pytest.raises(ValueError, match="name one twice"):
        check_classes(["spam", "spam"], multi_label=True)


def test_a_first_start_that_refuses_its_rows_leaves_nothing_that_binds_the_next(tmp_path: Path) -> None:
    first, out = request(tmp_path), tmp_path / "out"
    out.mkdir()
    with pytest.raises(ValueError, match="wrong rows"), new_session(out, first):
        (out / "prepared").mkdir()
        raise ValueError("wrong rows")
    assert list(out.iterdir()) == []
    with new_session(out, first) as session:
        prepared = prepare_rows(first, out / "prepared")
    assert session and prepared.classes == ("animal", "food", "place")
    with pytest.raises(ValueError, match="later"), new_session(out, first):
        raise ValueError("later")
    assert (out / "run.json").is_file() and prepare_rows(first, out / "prepared").counts == prepared.counts
