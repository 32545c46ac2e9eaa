"""Stored picture tokens: once per distinct picture, equal to fresh ones, shared by processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_mmbt import png, tiny_mmbt

from actors.models.mmbt_features import GREY_KEY, PictureFeatures, picture_key
from actors.models.mmbt_model import MmbtModel

RED, BLUE, GREEN = png((255, 0, 0)), png((0, 0, 255)), png((0, 255, 0))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MmbtModel:
    return tiny_mmbt(tmp_path_factory.mktemp("bert"))


def fresh(model: MmbtModel, *pictures: bytes | None) -> torch.Tensor:
    return model.picture_tokens(torch.stack([model.transform(picture) for picture in pictures]))


def test_every_distinct_picture_is_encoded_once_whatever_its_name(model, tmp_path):
    features = PictureFeatures(model, tmp_path)
    first = features.fill([RED, None, RED, BLUE])
    assert (first.encoded, first.missing, len(features)) == (3, 1, 3)
    again = PictureFeatures(model, tmp_path)
    second = again.fill(iter([BLUE, GREEN, RED]))
    assert (second.encoded, len(again)) == (1, 4)
    assert second.keys == [picture_key(picture) for picture in (BLUE, GREEN, RED)]


def test_stored_tokens_are_the_fresh_ones(model, tmp_path):
    features = PictureFeatures(model, tmp_path)
    keys = features.fill([RED, None, BLUE, RED]).keys
    assert torch.allclose(features.tokens(keys), fresh(model, RED, None, BLUE, RED), atol=1e-5)
    assert isinstance(features.rows, np.memmap)
    assert features.tokens([]).shape == (0, 2, 512)
    with pytest.raises(KeyError):
        features.tokens([picture_key(GREEN)])


def test_half_precision_takes_half_the_room(model, tmp_path):
    whole, half = PictureFeatures(model, tmp_path), PictureFeatures(model, tmp_path, number_format="float16")
    keys = whole.fill([RED, BLUE]).keys
    half.fill([RED, BLUE])
    assert torch.allclose(half.tokens(keys), whole.tokens(keys), rtol=1e-3, atol=1e-4)
    sizes = [(features.folder / "tokens").stat().st_size for features in (whole, half)]
    assert sizes[0] == 2 * sizes[1] > 0


def test_broken_pictures_are_grey_in_every_run_and_counted(model, tmp_path):
    for _ in range(2):
        features = PictureFeatures(model, tmp_path)
        found = features.fill([RED, b"no picture", RED[:40]])
        assert {place: bad.reason for place, bad in found.broken.items()} == dict.fromkeys(
            (1, 2), "unreadable_image"
        )
        assert found.keys[1:] == [GREY_KEY, GREY_KEY] and found.missing == 0
        assert torch.allclose(features.tokens(found.keys[1:2]), fresh(model, None), atol=1e-5)


def test_another_backbone_or_number_of_tokens_has_its_own_store(model, tmp_path):
    other = tiny_mmbt(tmp_path / "bert", image_tokens=1)
    stores = [PictureFeatures(one, tmp_path).folder for one in (model, other)]
    with torch.no_grad():
        other.module.image_features[0].weight[0, 0, 0, 0] += 1e-3
    assert len({*stores, PictureFeatures(other, tmp_path).folder}) == 3


def test_what_a_killed_writer_left_is_cut_off(model, tmp_path):
    features = PictureFeatures(model, tmp_path)
    keys = features.fill([RED]).keys
    for name in ("tokens", "keys"):
        with (features.folder / name).open("ab") as file:
            file.write(b"torn")
    after = PictureFeatures(model, tmp_path)
    assert torch.allclose(after.tokens(keys), fresh(model, RED), atol=1e-5)
    keys = after.fill([BLUE, RED]).keys
    assert torch.allclose(after.tokens(keys), fresh(model, BLUE, RED), atol=1e-5)


READ = """
import sys, numpy as np
folder, rows = sys.argv[1], int(sys.argv[2])
print(np.memmap(folder + "/tokens", "float32", mode="r", shape=(rows, 2, 512)).sum(dtype="float64"))
"""


def test_other_processes_read_while_one_writes(model, tmp_path):
    reader = PictureFeatures(model, tmp_path)
    writer = PictureFeatures(model, tmp_path)
    keys = writer.fill([RED, BLUE]).keys
    with pytest.raises(KeyError):
        reader.tokens(keys)
    reader.refresh()
    before = reader.tokens(keys)
    writer.fill([GREEN])
    assert torch.equal(reader.tokens(keys), before)
    command = [sys.executable, "-c", READ, str(writer.folder), "3"]
    seen = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert float(seen) == pytest.approx(float(np.asarray(writer.rows).sum(dtype="float64")))
    assert Path(writer.folder / "about.json").is_file()
