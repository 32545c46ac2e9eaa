"""MMBT folders: built, saved, loaded elsewhere, and refused when they are not whole."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_mmbt import LABELS, png, tiny_bert, tiny_mmbt

from actors.models.mmbt.folder import build_mmbt, load_mmbt, save_mmbt
from actors.models.mmbt.model import MmbtModel
from actors.models.mmbt.network import MmbtConfig
from actors.models.weights.packages import file_sha256

TEXTS = ("a red square", "", "blue squares on a green square on a red square on a blue square on a square")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> MmbtModel:
    return tiny_mmbt(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def tokens(model: MmbtModel) -> torch.Tensor:
    pictures = [png((255, 0, 0)), None, png((0, 0, 255))]
    return model.picture_tokens(torch.stack([model.transform(picture) for picture in pictures]))


def test_a_saved_model_is_the_same_where_its_parts_are_gone(tmp_path, tokens):
    built = tiny_mmbt(tmp_path / "bert")
    built.temperature, built.preset = 1.75, "mmf"
    save_mmbt(built, tmp_path / "model")
    shutil.rmtree(tmp_path / "bert")
    loaded = load_mmbt(tmp_path / "model", device="cpu")
    assert torch.equal(loaded.probabilities(TEXTS, tokens), built.probabilities(TEXTS, tokens))
    assert (loaded.labels, loaded.temperature, loaded.preset) == (LABELS, 1.75, "mmf")
    assert loaded.sources == built.sources and len(loaded.sources["picture"]["sha256"]) == 64
    described = json.loads((tmp_path / "model/mmbt.json").read_text())
    assert described["weights_sha256"] == file_sha256(tmp_path / "model/model.safetensors")


def test_the_same_seed_builds_the_same_model_and_leaves_the_generator_alone(model, tmp_path):
    torch.manual_seed(11)
    expected = torch.rand(1)
    torch.manual_seed(11)
    again = tiny_mmbt(tmp_path)
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(again.module.classify.weight, model.module.classify.weight)


def test_missing_and_surplus_weights_are_listed(model, tmp_path):
    save_mmbt(model, tmp_path)
    state = load_file(tmp_path / "model.safetensors")
    del state["project.bias"]
    save_file(state | {"stray": torch.zeros(1)}, tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"missing \['project.bias'\], surplus \['stray'\]"):
        load_mmbt(tmp_path)


@pytest.mark.parametrize("name", ["mmbt.json", "model.safetensors"])
def test_a_torn_folder_is_noticed(model, tmp_path, name):
    save_mmbt(model, tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(ValueError, match=f"has no {name}"):
        load_mmbt(tmp_path)


def test_a_description_that_makes_no_sense_is_refused(model, tmp_path):
    file = save_mmbt(model, tmp_path) / "mmbt.json"
    good = json.loads(file.read_text())
    for change in ({"temperature": 0.0}, {"format": 3}, {"labels": None}):
        file.write_text(json.dumps(good | change))
        with pytest.raises(ValueError, match="mmbt.json"):
            load_mmbt(tmp_path)


def test_an_older_folder_is_read_unless_its_backbone_saw_other_pixels(model, tmp_path):
    file = save_mmbt(model, tmp_path) / "mmbt.json"
    good = json.loads(file.read_text())
    file.write_text(json.dumps(good | {"format": 1}))
    assert load_mmbt(tmp_path).labels == LABELS
    config = good["config"] | {"image_model": "efficientnet-lite0"}
    file.write_text(json.dumps(good | {"format": 1, "config": config}))
    with pytest.raises(ValueError, match="pixels of efficientnet-lite0 otherwise; train it again"):
        load_mmbt(tmp_path)


def test_another_kind_of_text_model_is_refused(tmp_path, tiny_llama):
    config = MmbtConfig(str(tiny_llama), "resnet18@random", LABELS)
    with pytest.raises(ValueError, match="is a llama; MMBT needs a BERT"):
        build_mmbt(config, seed=0)
    with pytest.raises(ValueError, match="does not exist"):
        build_mmbt(MmbtConfig(str(tmp_path / "gone"), "resnet18@random", LABELS), seed=0)


def test_the_presets_bert_is_the_hubs():
    with pytest.raises(ValueError, match="google-bert/bert-base-uncased"):  # the hub is out of reach here
        build_mmbt(MmbtConfig("bert-base-uncased", "resnet18@random", LABELS), seed=0)


def test_a_bert_without_a_pooler_gets_a_new_one(tmp_path):
    folder = tiny_bert(tmp_path / "bert")
    state = load_file(folder / "model.safetensors")
    save_file(
        {key: value for key, value in state.items() if "pooler" not in key},
        folder / "model.safetensors",
        {"format": "pt"},
    )
    config = MmbtConfig(str(folder), "resnet18@random", LABELS, max_text_tokens=16)
    first, second = build_mmbt(config, seed=1), build_mmbt(config, seed=2)
    weights = [one.module.bert.pooler.dense.weight for one in (first, second)]
    assert not torch.equal(*weights)
