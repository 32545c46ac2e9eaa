"""Stored picture tokens: once per distinct picture, equal to fresh ones, shared by processes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_mmbt import png, tiny_mmbt

from actors.base import BadRow
from actors.models.mmbt.features import GREY_KEY, PictureFeatures, picture_key
from actors.models.mmbt.model import MmbtModel

RED, BLUE, GREEN = png((255, 0, 0)), png((0, 0, 255)), png((0, 255, 0))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MmbtModel:
    return tiny_mmbt(tmp_path_factory.mktemp("bert"))


def fresh(model: MmbtModel, *pictures: bytes | None) -> torch.Tensor:
    return model.picture_tokens(torch.stack([model.transform(picture) for picture in pictures]))


def stored(features: PictureFeatures, keys: list[bytes]) -> torch.Tensor:
    return torch.from_numpy(np.array(features.rows[[features.places[key] for key in keys]]))


def test_every_distinct_picture_is_encoded_once_whatever_its_name(model, tmp_path):
    features, seen = PictureFeatures(model, tmp_path), []
    hook = model.module.image_features.register_forward_pre_hook(lambda _, given: seen.append(len(given[0])))
    features.fill([RED, None, RED, BLUE])
    assert sum(seen) == len(features.places) == 3
    again = PictureFeatures(model, tmp_path)
    keys = again.fill(iter([BLUE, GREEN, RED]))
    hook.remove()
    assert sum(seen) == len(again.places) == 4
    assert keys == [picture_key(picture) for picture in (BLUE, GREEN, RED)]


def test_stored_tokens_are_the_fresh_ones(model, tmp_path):
    features = PictureFeatures(model, tmp_path)
    keys = features.fill([RED, None, BLUE, RED])
    assert torch.allclose(stored(features, keys), fresh(model, RED, None, BLUE, RED), atol=1e-5)
    assert isinstance(features.rows, np.memmap)
    assert keys[1] == GREY_KEY


def test_a_broken_picture_is_an_error_and_never_silently_grey(model, tmp_path):
    features = PictureFeatures(model, tmp_path)
    with pytest.raises(BadRow, match="unreadable_image"):
        features.fill([RED, RED[:40]])
    assert features.fill([RED]) == [picture_key(RED)] and len(features.places) == 1


def test_another_backbone_or_number_of_tokens_has_its_own_store(model, tmp_path):
    other = tiny_mmbt(tmp_path / "bert", image_tokens=1)
    stores = [PictureFeatures(one, tmp_path).folder for one in (model, other)]
    with torch.no_grad():
        other.module.image_features[0].weight[0, 0, 0, 0] += 1e-3
    assert len({*stores, PictureFeatures(other, tmp_path).folder}) == 3


def test_what_a_killed_writer_left_is_cut_off(model, tmp_path):
    features = PictureFeatures(model, tmp_path)
    keys = features.fill([RED])
    for name in ("tokens", "keys"):
        with (features.folder / name).open("ab") as file:
            file.write(b"torn")
    after = PictureFeatures(model, tmp_path)
    assert torch.allclose(stored(after, keys), fresh(model, RED), atol=1e-5)
    keys = after.fill([BLUE, RED])
    assert torch.allclose(stored(after, keys), fresh(model, BLUE, RED), atol=1e-5)


READ = """
import sys, numpy as np
folder, rows = sys.argv[1], int(sys.argv[2])
print(np.memmap(folder + "/tokens", "float32", mode="r", shape=(rows, 2, 512)).sum(dtype="float64"))
"""


def test_other_processes_read_while_one_writes(model, tmp_path):
    reader = PictureFeatures(model, tmp_path)
    writer = PictureFeatures(model, tmp_path)
    keys = writer.fill([RED, BLUE])
    assert not reader.places
    reader.refresh()
    before = stored(reader, keys)
    writer.fill([GREEN])
    assert torch.equal(stored(reader, keys), before)
    command = [sys.executable, "-c", READ, str(writer.folder), "3"]
    seen = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert float(seen) == pytest.approx(float(np.asarray(writer.rows).sum(dtype="float64")))
    assert Path(writer.folder / "about.json").is_file()
