"""What a finished training of MMBT leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from mmbt_sets import colour_rows, label_table, tiny_settings, write_set
from tiny_mmbt import png

from actors.models.mmbt.folder import load_mmbt
from trainers.loop.launch import WorkerFlags
from trainers.mmbt.prepared import Prepared, Split, targets_of
from trainers.mmbt.results import figure_words, predictions
from trainers.mmbt.verb import mmbt

HERE = WorkerFlags(workers=0)


def record(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "training.json").read_text())
    return found


def test_the_record_has_counts_curve_temperature_and_figures_with_intervals(finished: Path) -> None:
    found = record(finished / "out")
    assert found["labels"] == ["animal", "food", "place"] and not found["multi_label"]
    assert (found["rows"]["train"]["used"], found["rows"]["dev"]["used"]) == (36, 4)
    test = found["rows"]["test/test"]
    assert (test["outside"], test["grey"], test["empty_text"]) == ({"plant": 1}, 1, 1)
    assert len(found["curve"]) == found["steps"] / 5 and 0.2 <= found["temperature"] <= 20
    scores = found["tests"]["test"]
    assert scores["scored"] == 11 and scores["accuracy"]["low"] <= scores["accuracy"]["value"]
    assert found["curve"][found["best_epoch"]]["dev_accuracy"] == max(
        point["dev_accuracy"] for point in found["curve"]
    )


def test_predictions_are_those_of_the_saved_model(finished: Path) -> None:
    model = load_mmbt(finished / "out/model", device="cpu")
    predicted = pq.read_table(finished / "out/predictions-test.parquet").to_pydict()
    rows = {row["id"]: row for row in colour_rows(12, first=60)}
    pictures = {name: (finished / f"test/pictures/{name}.png").read_bytes() for name in model.labels}
    chosen = [place for place, name in enumerate(predicted["id"]) if name != "toy/0061"]
    images = [pictures[rows[predicted["id"][place]]["images"][0].removesuffix(".png")] for place in chosen]
    tokens = model.picture_tokens(torch.stack([model.transform(one) for one in images]))
    shares = model.probabilities([rows[predicted["id"][place]]["text"] for place in chosen], tokens).numpy()
    stored = np.array(predicted["probabilities"])[chosen]
    assert np.allclose(shares, stored, atol=1e-5) and np.allclose(stored.sum(axis=1), 1, atol=1e-5)
    assert [predicted["label"][place] for place in chosen] == [model.labels[i] for i in shares.argmax(axis=1)]
    assert predicted["human_label"][predicted["id"].index("toy/0060")] == "plant"


def test_the_model_folder_knows_labels_temperature_and_preset(finished: Path) -> None:
    model = load_mmbt(finished / "out/model", device="cpu")
    assert model.labels == ("animal", "food", "place") and model.preset == "pocket"
    assert model.temperature == pytest.approx(record(finished / "out")["temperature"])


def test_curves_are_plots_and_lines(finished: Path) -> None:
    lines = (finished / "out/metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == list(range(len(lines)))
    assert (finished / "out/loss.svg").read_text().count("<polyline") == 2
    assert "accuracy" in (finished / "out/dev.svg").read_text()


def test_one_class_alone_is_said_and_trained_on_what_there_is(finished: Path, tmp_path: Path) -> None:
    one = [row for row in colour_rows(60, first=100) if row["human_label"] == "food"]
    dev = write_set(tmp_path / "dev", one)
    training = tiny_settings(finished / "bert", epochs=1, stop_on_single="auroc")
    mmbt((finished / "train",), dev=dev, test=(dev,), out=tmp_path / "out", training=training, workers=HERE)
    found = record(tmp_path / "out")
    assert found["curve"][0]["stop_on"] == "loss"
    assert found["tests"]["dev"]["auroc"] == {
        "value": None,
        "low": None,
        "high": None,
        "rows": 20,
        "note": "undefined: the scored rows are all of one class",
    }
    with pytest.raises(ValueError, match="needs at least two"):
        mmbt((dev,), out=tmp_path / "one", training=training, workers=HERE)


def test_several_labels_per_row_are_learned_from_several_sets(finished: Path, tmp_path: Path) -> None:
    rows = colour_rows(24, several=True)
    sets = [write_set(tmp_path / "a", rows[:12]), write_set(tmp_path / "b", rows[12:])]
    (tmp_path / "b/pictures/animal.png").write_bytes(png((120, 0, 0)))
    test = write_set(tmp_path / "test", colour_rows(6, first=40, several=True))
    training = tiny_settings(finished / "bert", epochs=2)
    mmbt(tuple(sets), test=(test,), out=tmp_path / "out", training=training, workers=HERE)
    found = record(tmp_path / "out")
    assert found["multi_label"] and found["tests"]["test"]["micro_f1"]["rows"] == 6
    predicted = pq.read_table(tmp_path / "out/predictions-test.parquet")
    assert predicted.column_names == ["id", "human_labels", "labels", "probabilities"]
    assert load_mmbt(tmp_path / "out/model", device="cpu").config.multi_label


def test_labels_of_a_table_are_learned_and_human_ones_tested(finished: Path, tmp_path: Path) -> None:
    swapped = {"animal": "food", "food": "animal", "place": "place"}
    table = label_table(
        tmp_path / "labels.parquet", {row["id"]: swapped[row["human_label"]] for row in colour_rows(36)}
    )
    dev = write_set(tmp_path / "dev", colour_rows(9, first=90))
    training = tiny_settings(finished / "bert", epochs=8, stop_on_single="loss", patience=9)
    mmbt((finished / "train",), dev=dev, test=(finished / "test",), labels=table, out=tmp_path / "out",
         training=training, workers=HERE)  # fmt: skip
    found = record(tmp_path / "out")
    assert found["rows"]["train"]["used"] == 36 and found["rows"]["train"]["not_in_table"] == 4
    predicted = pq.read_table(tmp_path / "out/predictions-test.parquet").to_pydict()
    assert predicted["human_label"][3:6] == ["animal", "food", "place"]


def test_figures_are_written_with_their_interval_or_the_reason_why_there_is_none() -> None:
    whole = {"value": 0.8124, "low": 0.78, "high": 0.841, "note": None}
    assert figure_words(whole) == "0.812 (0.780 to 0.841)"
    assert figure_words(whole | {"low": None}) == "0.812"
    assert figure_words(whole | {"value": None, "note": "no row"}) == "no row"
    assert figure_words(None) == "undefined"


@pytest.mark.parametrize("several", [False, True])
def test_predictions_stand_beside_human_labels_unknown_ones_included(several: bool, tmp_path: Path) -> None:
    labels: list[list[str] | None] = [["a"], None, ["b", "c"] if several else ["other"]]
    targets, known = targets_of(labels, ("a", "b", "c"), multi_label=several)
    split = Split(["1", "2", "3"], ["", "", ""], [None] * 3, labels, targets, known, np.ones(3))
    shares = np.array([[0.9, 0.6, 0.1], [0.2, 0.3, 0.4], [0.1, 0.5, 0.5]])
    table = predictions(split, shares, Prepared(tmp_path, ("a", "b", "c"), several, (), {})).to_pydict()
    assert table["id"] == ["1", "2", "3"]
    assert table["probabilities"][1] == pytest.approx([0.2, 0.3, 0.4])
    if several:  # a label is given where its probability is above a half
        assert table["human_labels"] == labels and table["labels"] == [["a", "b"], [], []]
    else:
        assert table["human_label"] == ["a", None, "other"] and table["label"] == ["a", "c", "b"]
