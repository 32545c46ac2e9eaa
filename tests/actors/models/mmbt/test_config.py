"""Names of pretrained parts, checked without loading them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tiny_mmbt import tiny_bert

from actors.models.mmbt.backbones import PUBLISHED_WEIGHTS
from actors.models.mmbt.config import (
    DOWNLOADS,
    MINILM,
    MINILM_POSITIONS,
    RESNETS,
    MmbtConfig,
    check_parts,
    split_name,
)
from actors.models.weights.unpacking import packaged_sts_folder


def parts(text_model: str, **changes: object) -> MmbtConfig:
    fields = {"image_model": "resnet18@random", "labels": ("a", "b")} | changes
    return MmbtConfig(text_model=text_model, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("resnet19@random", "did you mean"),
        ("resnet18@zeros", "only `random`"),
        ("resnet18=gone.pth", "no weights file 'gone.pth'"),
        ("vgg16", "not known"),
    ],
)
def test_mistakes_in_a_name_are_explained(name, words):
    with pytest.raises(ValueError, match=words):
        split_name(name)


def test_the_resnets_and_their_weights_are_those_that_torchvision_has() -> None:
    from torchvision.models import get_model_weights, list_models

    names = [name for name in list_models() if re.fullmatch(r"(wide_)?resnet\d+(_\d+)?", name)]
    urls = {name: get_model_weights(name)[PUBLISHED_WEIGHTS].url for name in names}
    assert urls == {name: f"{DOWNLOADS}/{file}" for name, file in RESNETS.items()}


def test_weights_that_are_neither_cached_nor_reachable_are_told_from_those_that_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    wanted = parts(MINILM, image_model="resnet34", max_text_tokens=64)
    with pytest.raises(ValueError, match="cannot download torchvision's weights of resnet34: .*=FILE.pth"):
        check_parts(wanted)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / RESNETS["resnet34"]
    cached.parent.mkdir(parents=True)
    cached.touch()
    check_parts(wanted)


def test_a_bert_that_is_there_and_long_enough_passes(tmp_path: Path) -> None:
    check_parts(parts(str(tiny_bert(tmp_path)), image_tokens=8, max_text_tokens=40))
    check_parts(parts(MINILM, image_tokens=3, max_text_tokens=509))


def test_more_tokens_than_the_bert_has_positions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="beside 9 picture tokens this BERT takes 1 to 39"):
        check_parts(parts(str(tiny_bert(tmp_path)), image_tokens=9, max_text_tokens=40))
    with pytest.raises(ValueError, match="beside 5 picture tokens this BERT takes 1 to 507"):
        check_parts(parts(MINILM, image_tokens=5, max_text_tokens=509))


def test_minilm_has_as_many_positions_as_its_package_says() -> None:
    config = json.loads((packaged_sts_folder() / "config.json").read_text())
    assert config["max_position_embeddings"] == MINILM_POSITIONS


def test_a_model_that_is_no_bert_or_incomplete_is_refused(tmp_path: Path) -> None:
    folder = tiny_bert(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"model_type": "gpt2"}))
    with pytest.raises(ValueError, match="is a gpt2; MMBT needs a BERT"):
        check_parts(parts(str(folder)))
    (folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match="has no weights"):
        check_parts(parts(str(folder)))
