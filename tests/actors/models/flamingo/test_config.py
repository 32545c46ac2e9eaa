from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actors.models.flamingo.config import RELEASES, FlamingoConfig, MediaAttention, released_files


def test_an_unknown_media_attention_is_refused():
    config = FlamingoConfig("a", "b", media_attention="previous")
    assert config.media_attention is MediaAttention.PREVIOUS
    with pytest.raises(ValueError):
        replace(config, media_attention="sideways")


@pytest.mark.parametrize("name", ["cross_attn_every", "perceiver_depth", "num_latents"])
def test_sizes_of_nothing_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} is 0, expected 1 or more"):
        FlamingoConfig("a", "b", **{name: 0})


def test_the_second_generation_is_loaded_upon_the_trained_model(tmp_path: Path) -> None:
    release = RELEASES["polite-flamingo-gen2"]
    for file in release.files:
        (tmp_path / file.name).touch()
    files = released_files(release, tmp_path)
    assert [(path.name, layout) for path, layout in files] == [
        ("clever_flamingo.pt", "clever"),
        ("polite_flamingo_gen2.pt", "lora"),
    ]
    assert release.config.released_spelling and release.picture_size == 336


def test_a_file_that_is_not_in_the_folder_is_named_with_its_repository(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").touch()
    with pytest.raises(ValueError, match=r"no polite_flamingo.pt in .* from chendelong/clever_flamingo"):
        released_files(RELEASES["polite-flamingo"], tmp_path)


def test_offline_the_next_step_is_in_the_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match=r"checkpoint.pt of openflamingo/OpenFlamingo-9B .* `hf download`"):
        released_files(RELEASES["openflamingo-9b-v1"])
