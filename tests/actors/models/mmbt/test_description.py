from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.models.mmbt.description import read_description

WHOLE = {
    "format": 2,
    "config": {"text_model": "bert", "image_model": "efficientnet-lite0", "multi_label": False},
    "labels": ["cat", "dog"],
    "temperature": 1.5,
    "preset": None,
    "sources": {"text": {"name": "bert", "sha256": "0"}},
    "weights_sha256": "1",
}


def folder(path: Path, **changes: Any) -> Path:
    (path / "model.safetensors").touch()
    (path / "mmbt.json").write_text(json.dumps(WHOLE | changes))
    return path


def test_labels_come_in_the_order_of_the_probabilities(tmp_path: Path) -> None:
    description = read_description(folder(tmp_path))
    assert description.labels == description.config["labels"] == ("cat", "dog")
    assert description.temperature == 1.5 and not description.multi_label


def test_an_older_folder_is_read_unless_its_backbone_saw_other_pixels(tmp_path: Path) -> None:
    resnet = WHOLE["config"] | {"image_model": "resnet18"}  # type: ignore[operator]
    assert read_description(folder(tmp_path, format=1, config=resnet)).preset is None
    with pytest.raises(
        ValueError, match="normalised the pixels of efficientnet-lite0 otherwise; train it again"
    ):
        read_description(folder(tmp_path, format=1))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": 3}, r"format 3, this version reads \(1, 2\)"),
        ({"labels": None}, "cannot be used .* copy the folder again"),
        ({"temperature": 0}, "temperature is 0.0, expected above 0"),
        ({"temperature": "inf"}, "temperature is inf, expected above 0"),
    ],
)
def test_a_description_that_makes_no_sense_is_refused(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read_description(folder(tmp_path, **changes))


def test_a_torn_copy_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist; `python -m trainers mmbt` writes OUT/model"):
        read_description(tmp_path / "nowhere")
    (folder(tmp_path) / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"has no model.safetensors, so it is no complete MMBT folder"):
        read_description(tmp_path)
