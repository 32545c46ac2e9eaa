"""Pictures read and rows labelled, against the model itself row by row."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
import torch
from tiny_mmbt import png, tiny_mmbt

from actors.apply import apply
from actors.mmbt_classifier import MmbtClassifier
from actors.models.mmbt.folder import load_mmbt, save_mmbt
from actors.models.mmbt.model import MmbtModel
from actors.pictures.mmbt_reader import MmbtPictureReader

ROWS = (
    ("a red square", ["red.png"], "live"),
    ("", ["blue.png"], "live"),
    ("a blue square on a green square", ["red.png"], "live"),
    (None, [], "live"),
    ("a square", ["gone.png"], "live"),
    ("green", ["torn.png", "red.png"], "live"),
    ("green", ["../outside.png"], "live"),
    ("left out", ["red.png"], "dropped"),
)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "red.png").write_bytes(png((255, 0, 0), size=(300, 200)))
    (folder / "blue.png").write_bytes(png((0, 0, 255), size=(60, 260)))
    (folder / "torn.png").write_bytes(png((0, 255, 0))[:50])
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model = tiny_mmbt(tmp_path_factory.mktemp("bert"))
    model.temperature = 1.5
    return save_mmbt(model, tmp_path_factory.mktemp("model"))


def table(rows=ROWS) -> pa.Table:
    texts, images, status = zip(*rows, strict=True)
    none = pa.nulls(len(rows), pa.string())
    return pa.table(
        {
            "id": [str(i) for i in range(len(rows))],
            "text": pa.array(texts, pa.string()),
            "images": pa.array(images, pa.list_(pa.string())),
            "status": pa.array(status, pa.string()),
            "reason": none,
            "detail": none,
            "score": pa.nulls(len(rows), pa.float64()),
            "threshold": pa.nulls(len(rows), pa.float64()),
        }
    )


def labelled(folder: Path, pictures: Path, rows=ROWS) -> list[dict]:
    classifier = MmbtClassifier(str(folder))
    classifier.check()
    classifier.load()
    return apply(classifier, apply(MmbtPictureReader(str(pictures)), table(rows))).to_pylist()


def by_hand(model: MmbtModel, text: str, picture: bytes | None) -> list[float]:
    ids, mask = model.padded(model.word_pieces([text]))
    with torch.inference_mode():
        tokens = model.module.picture_tokens(model.transform(picture)[None])
        logits = model.module(ids, mask, tokens)
    return torch.softmax(logits / 1.5, -1)[0].tolist()


def test_labels_and_probabilities_are_the_models_own(folder, pictures):
    model = load_mmbt(folder, device="cpu")
    files = ("red.png", "blue.png", "red.png", None, None, None, None)
    for row, file in zip(labelled(folder, pictures), files):
        picture = (pictures / file).read_bytes() if file else None
        expected = by_hand(model, row["text"] or "", picture)
        assert row["label_probabilities"] == pytest.approx(expected, abs=1e-5)
        assert row["confidence"] == pytest.approx(max(expected), abs=1e-5)
        assert row["label"] == model.labels[expected.index(max(expected))]
        assert row["picture_missing"] == (file is None)


def test_missing_and_broken_pictures_are_grey_and_never_cost_a_row(folder, pictures):
    rows = labelled(folder, pictures)
    reasons = ["no_picture", "missing_image", "unreadable_image", "image_outside_root"]
    assert [row["picture_problem"] for row in rows[3:7]] == reasons
    assert [row["status"] for row in rows] == ["live"] * 7 + ["dropped"]
    assert rows[7]["label"] is None and rows[7]["picture_missing"] is None


def test_rows_that_share_a_picture_have_it_encoded_once(folder, pictures):
    classifier = MmbtClassifier(str(folder))
    classifier.load()
    seen = []
    classifier.model.module.image_features.register_forward_hook(lambda _, given, __: seen.append(given[0]))
    rows = [("a red square", ["red.png"], "live"), ("a", [], "live")] * 20
    apply(classifier, apply(MmbtPictureReader(str(pictures)), table(rows)))
    assert sum(len(batch) for batch in seen) == 2


def test_neighbours_change_nothing(folder, pictures):
    alone = [labelled(folder, pictures, [row])[0]["label_probabilities"] for row in ROWS[:4]]
    for one, row in zip(alone, labelled(folder, pictures)):
        assert one == pytest.approx(row["label_probabilities"], abs=1e-6)


def test_rows_without_an_image_folder_are_all_grey():
    found = apply(MmbtPictureReader(None), table()).to_pylist()
    assert [row["picture_problem"] for row in found[:7]] == ["no_picture"] * 7


def test_several_labels_are_those_above_one_half(tmp_path, pictures):
    model = tiny_mmbt(tmp_path / "bert", multi_label=True)
    with torch.no_grad():
        model.module.classify.bias += torch.tensor([2.0, 1.0, -2.0])
    rows = labelled(save_mmbt(model, tmp_path / "model"), pictures)[:7]
    assert any(len(row["labels"]) == 2 for row in rows)
    for row in rows:
        chances = dict(zip(model.labels, row["label_probabilities"]))
        assert row["labels"] == [label for label, chance in chances.items() if chance > 0.5]
        sure = min(max(chance, 1 - chance) for chance in chances.values())
        assert row["confidence"] == pytest.approx(sure, abs=1e-6)


def test_the_identity_follows_the_weights_and_not_the_place(folder, tmp_path):
    copy = save_mmbt(load_mmbt(folder, device="cpu"), tmp_path / "copy")
    assert MmbtClassifier(str(copy)).identity() == MmbtClassifier(str(folder)).identity()
    changed = load_mmbt(folder, device="cpu")
    changed.temperature = 3.0
    save_mmbt(changed, copy)
    assert MmbtClassifier(str(copy)).identity() != MmbtClassifier(str(folder)).identity()


def test_no_model_folder_and_no_image_folder_are_said_before_anything_loads(tmp_path):
    with pytest.raises(ValueError, match="trainers mmbt"):
        MmbtClassifier(str(tmp_path / "gone")).check()
    with pytest.raises(ValueError, match="image folder"):
        MmbtPictureReader(str(tmp_path / "gone")).check()
