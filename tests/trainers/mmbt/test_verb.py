"""`trainers mmbt` from folders to results, in this process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from mmbt_sets import colour_rows, label_table, tiny_settings, write_set
from tiny_mmbt import png, tiny_bert

from actors.models.mmbt.folder import load_mmbt
from pipelines.engine.run_folder import RunFolder
from trainers.loop.launch import WorkerFlags
from trainers.mmbt.request import check_request
from trainers.mmbt.settings import POCKET
from trainers.mmbt.verb import mmbt

HERE = WorkerFlags(workers=0)
Table = dict[str, list[Any]]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training in `out` with its sets `train` and `test` and `bert` beside it. Read only."""
    root = tmp_path_factory.mktemp("mmbt")
    test = colour_rows(12, first=60)
    test[0] |= {"human_label": "plant"}
    test[1] |= {"images": [], "text": ""}
    train, judged = write_set(root / "train", colour_rows(40)), write_set(root / "test", test)
    training = tiny_settings(tiny_bert(root / "bert"), epochs=8)
    mmbt((train,), test=(judged,), out=root / "out", training=training, workers=HERE)
    return root


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


def test_the_same_command_again_changes_nothing(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (finished / "out/training.json").read_text()
    training = tiny_settings(finished / "bert", epochs=8)
    mmbt(
        (finished / "train",),
        test=(finished / "test",),
        out=finished / "out",
        training=training,
        workers=HERE,
    )
    said = capsys.readouterr().out
    assert "finished already" in said and "label 'plant' outside the list 1" in said
    assert (finished / "out/training.json").read_text() == before


def test_other_settings_in_the_same_folder_are_refused_by_name(finished: Path) -> None:
    with pytest.raises(ValueError, match="settings.epochs: 8 → 2"):
        mmbt((finished / "train",), test=(finished / "test",), out=finished / "out",
             training=tiny_settings(finished / "bert", epochs=2), workers=HERE)  # fmt: skip


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


def test_mistakes_are_named_before_anything_is_written(finished: Path, tmp_path: Path) -> None:
    def run(*folders: Path, **changes: Any) -> None:
        mmbt(folders, **({"out": tmp_path / "new", "workers": HERE} | changes))

    with pytest.raises(ValueError, match="no manifest to train on"):
        run()
    with pytest.raises(ValueError, match="is not a folder"):
        run(tmp_path / "nothing")
    with pytest.raises(ValueError, match="given twice"):
        run(finished / "train", finished / "train")
    with pytest.raises(ValueError, match="there is no such file"):
        run(finished / "train", labels=tmp_path / "labels.parquet")
    with pytest.raises(ValueError, match="at least two"):
        run(finished / "train", classes=("food",))
    with pytest.raises(ValueError, match="-1: expected 0"):
        run(finished / "train", workers=WorkerFlags(workers=-1))
    for name, value in (("gpus", 1.0), ("cpus", 2.0), ("address", "here")):
        with pytest.raises(ValueError, match=f"--{name} is for workers of Ray, and --workers is 0"):
            run(finished / "train", workers=WorkerFlags(workers=0, **{name: value}))
    with pytest.raises(ValueError, match="image model 'resnet512' is not known"):
        run(finished / "train", training=replace(POCKET, image_model="resnet512"))
    with pytest.raises(ValueError, match="beside 9 picture tokens this BERT takes 1 to 39"):
        run(finished / "train", training=tiny_settings(finished / "bert", image_tokens=9, max_text_tokens=40))
    assert not (tmp_path / "new").exists()


def test_a_corrected_label_table_is_welcome_after_a_wrong_one(finished: Path, tmp_path: Path) -> None:
    labels = {row["id"]: row["human_label"] for row in colour_rows(40)}
    training = tiny_settings(finished / "bert", epochs=1)
    for wrong, words in ((labels, "'toy/0003' the weight 0.0"), ({"nobody": "food"}, "no row is left")):
        table = label_table(tmp_path / "labels.parquet", wrong, **{"toy/0003": 0.0})
        with pytest.raises(ValueError, match=words):
            mmbt((finished / "train",), labels=table, out=tmp_path / "out", training=training, workers=HERE)
    table = label_table(tmp_path / "labels.parquet", labels)
    mmbt((finished / "train",), labels=table, out=tmp_path / "out", training=training, workers=HERE)
    assert record(tmp_path / "out")["rows"]["train"]["used"] == 36


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
    assert record(out)["rows"]["train"]["used"] == 36


def test_what_the_backbone_sees_is_part_of_what_a_training_is(finished: Path) -> None:
    seen = {}
    for name in ("resnet18@random", "efficientnet-lite0@random"):
        settings = replace(POCKET, image_model=name)
        request = check_request(
            [finished / "train"], None, [], labels=None, classes=(), settings=settings, preset="pocket"
        )
        seen[name] = request.identity().get("pixels")
    assert seen["resnet18@random"] is None and seen["efficientnet-lite0@random"][1] == [128 / 255] * 3


def test_help_needs_neither_torch_nor_ray() -> None:
    script = (
        "import sys, trainers.__main__ as m\ntry: m.main(['mmbt', '--help'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'ray', 'transformers'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "--freeze-image" in done.stdout
