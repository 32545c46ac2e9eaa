from __future__ import annotations

import json
from pathlib import Path

import pytest

from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.engines import check_engine, engine_name, load_generator
from actors.models.catalog.family import EngineOptions


def _folder(path: Path, config: dict | None = None, **files: str) -> Path:
    path.mkdir(parents=True)
    files = {"config.json": json.dumps(config or {"model_type": "llama"}), **files}
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


def test_picture_models_run_on_the_transformers_engine() -> None:
    assert engine_name(find_annotator("instructblip-vicuna-7b"), "auto") == "transformers"
    with pytest.raises(ValueError, match="vllm engine does not run instructblip-vicuna-7b"):
        engine_name(find_annotator("instructblip-vicuna-7b"), "vllm")


def test_other_picture_models_are_left_to_vllm(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "llava", {"model_type": "llava", "vision_config": {}})
    model = find_annotator(str(folder))
    assert (model.uses_image, model.conversation, engine_name(model, "vllm")) == (True, "chat", "vllm")
    with pytest.raises(ValueError, match="transformers engine does not run llava .* --engine vllm"):
        engine_name(model, "transformers")


def test_an_engine_that_cannot_work_is_refused_on_the_driver() -> None:
    with pytest.raises(ValueError, match="unknown engine 'vlm'"):
        check_engine(find_annotator("llama-7b"), "vlm")
    with pytest.raises(ValueError, match="vllm engine does not run blip2-opt"):
        check_engine(find_annotator("blip2-opt-2.7b"), "vllm")
    check_engine(find_annotator("blip2-opt-2.7b"), "auto")


def test_an_endpoint_needs_an_address() -> None:
    with pytest.raises(ValueError, match="needs base_url"):
        load_generator(find_annotator("llama-7b"), engine="openai", options=EngineOptions())
