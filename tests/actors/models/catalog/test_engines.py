from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from actors.base import Actor
from actors.distortion.llm_distorter import LlmDistorter
from actors.labels.annotator import LabelAnnotator
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.engines import check_engine, check_generator, engine_name, load_generator
from actors.models.catalog.family import EngineOptions
from actors.models.catalog.rewriters import RewriterModel
from actors.models.text_generator import GenerationParams
from actors.prompts.task import load_task
from actors.rewriter import ResponseRewriter


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


BEHIND = AnnotatorModel("tiny", "tiny", "a model behind an endpoint")
ELSEWHERE = EngineOptions(base_url="http://127.0.0.1:9/v1")
GREEDY = GenerationParams(temperature=0.0)


def actors(folder: Path, **settings: Any) -> list[Actor]:
    """Everything that generates, with weights that are there."""
    model = find_annotator(str(folder))
    return [
        LabelAnnotator(load_task("hateful_memes"), model, **settings),
        ResponseRewriter(RewriterModel("tiny", text=model), **settings),
        ResponseRewriter(RewriterModel("tiny", flamingo=str(folder)), **settings),
        LlmDistorter(model, **settings),
    ]


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"temperature": -1.0}, "temperature is -1.0"),
        ({"top_p": 0.0}, "top_p is 0.0"),
        ({"max_new_tokens": 0}, "max_new_tokens is 0"),
        ({"stop": ("",)}, "stop is .*, expected no empty string"),
    ],
)
def test_settings_that_no_text_can_be_drawn_with_are_refused_by_every_actor(
    tiny_llama: Path, params: dict[str, Any], words: str
) -> None:
    for actor in actors(tiny_llama, params=replace(GREEDY, **params)):
        with pytest.raises(ValueError, match=words):
            actor.check()


def test_an_address_that_no_engine_would_ask_is_refused_by_every_actor(tiny_llama: Path) -> None:
    for actor in actors(tiny_llama, options=ELSEWHERE, params=GREEDY):
        with pytest.raises(ValueError, match="--base-url is .*(add --engine openai|with --mode text)"):
            actor.check()
    for actor in actors(tiny_llama, params=GREEDY):
        actor.check()


@pytest.mark.parametrize("engine", ["openai", "instruct_blip"])
def test_forbidden_runs_of_tokens_are_refused_where_nothing_counts_them(engine: str) -> None:
    model = replace(BEHIND, family="instruct_blip" if engine == "instruct_blip" else "causal")
    asked = GenerationParams(no_repeat_ngram=3)
    options = ELSEWHERE if engine == "openai" else EngineOptions()
    with pytest.raises(ValueError, match=f"{engine} engine knows no no_repeat_ngram"):
        check_generator(model, "openai" if engine == "openai" else "transformers", options, asked)


def test_an_endpoint_is_asked_for_its_models_and_needs_an_address(endpoint: Any) -> None:
    check_generator(BEHIND, "openai", EngineOptions(base_url=endpoint.url), GREEDY)
    with pytest.raises(ValueError, match="does not serve 'tyni'"):
        options = EngineOptions(base_url=endpoint.url)
        check_generator(replace(BEHIND, checkpoint="tyni"), "openai", options, GREEDY)
    with pytest.raises(ValueError, match="needs --base-url"):
        check_generator(BEHIND, "openai", EngineOptions(), GREEDY)


def test_labels_cannot_be_ranked_after_a_picture_by_an_endpoint() -> None:
    task = load_task("hateful_memes")
    asked = LabelAnnotator(task, BEHIND, "rank", "openai", options=ELSEWHERE, use_images=True)
    with pytest.raises(ValueError, match="--mode rank shows an endpoint no pictures"):
        asked.check()


def test_a_negative_number_of_examples_is_refused(tiny_llama: Path) -> None:
    asked = LabelAnnotator(load_task("hateful_memes"), find_annotator(str(tiny_llama)), examples=-1)
    with pytest.raises(ValueError, match="-1 examples were asked for"):
        asked.check()


def test_the_check_imports_no_model_library(tiny_llama: Path, endpoint: Any) -> None:
    code = f"""
import sys
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.engines import check_generator
from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams
check_generator(find_annotator({str(tiny_llama)!r}), "transformers", EngineOptions(), GenerationParams())
options = EngineOptions(base_url={endpoint.url!r})
check_generator(AnnotatorModel("tiny", "tiny", "x"), "openai", options, GenerationParams())
print({{"torch", "transformers", "ray"}} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "set()", done.stderr
