from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors.models.weights.checkpoint_check import (
    cached_snapshot,
    check_folder,
    check_hub,
    check_model,
    read_config,
)


def whole(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").touch()
    (folder / "tokenizer.json").touch()
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache that is empty, offline."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def cached(cache: Path, repository: str) -> Path:
    """A whole snapshot, laid out as the hub's client lays it."""
    place = cache / f"models--{repository.replace('/', '--')}"
    (place / "refs").mkdir(parents=True)
    (place / "refs/main").write_text("abc")
    (place / "snapshots").mkdir()
    return whole(place / "snapshots/abc")


@pytest.mark.parametrize(
    ("content", "words"), [("{", "cannot be read as JSON"), ("[1]", "holds no JSON object")]
)
def test_a_broken_configuration_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(ValueError, match=words):
        read_config(tmp_path)


def test_a_folder_that_is_not_there_is_told_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not exist; give a folder written by save_pretrained"):
        check_folder(tmp_path / "nowhere")


def test_shards_count_as_weights_when_each_is_there(tmp_path: Path) -> None:
    folder = whole(tmp_path / "model")
    (folder / "model.safetensors").rename(folder / "a.safetensors")
    index = {"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match="weights file 'b.safetensors' .* the copy is incomplete"):
        check_folder(folder)
    (folder / "b.safetensors").touch()
    check_folder(folder)


def test_a_second_tokenizer_is_asked_for_in_its_folder(tmp_path: Path) -> None:
    folder = whole(tmp_path / "model")
    with pytest.raises(ValueError, match=r"qformer' has no tokenizer"):
        check_folder(folder, subfolders=("qformer",))


def test_a_folder_and_a_cached_hub_name_are_both_models(tmp_path: Path, cache: Path) -> None:
    check_model(str(whole(tmp_path / "model")))
    with pytest.raises(ValueError, match="'org/name' is not in the hub cache .* HF_HUB_OFFLINE"):
        check_model("org/name")
    snapshot = cached(cache, "org/name")
    check_model("org/name")
    assert cached_snapshot("org/name") == snapshot


def test_a_torn_snapshot_is_refused_offline(cache: Path) -> None:
    (cached(cache, "org/name") / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="has no weights; expected one of"):
        check_hub("org/name")


def test_a_name_that_no_hub_has_is_refused() -> None:
    with pytest.raises(ValueError, match="is no hub name"):
        cached_snapshot("a/b/c")
