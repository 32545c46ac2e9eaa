from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actors.models.catalog.annotators import (
    ANNOTATORS,
    EngineOptions,
    check_annotator,
    check_engine,
    engine_name,
    find_annotator,
    load_generator,
)

PAPER_MODELS = {
    "llama-7b": "huggyllama/llama-7b",
    "llama-13b": "huggyllama/llama-13b",
    "open-llama-13b": "openlm-research/open_llama_13b",
    "vicuna-7b-v1.5": "lmsys/vicuna-7b-v1.5",
    "vicuna-13b-v1.5": "lmsys/vicuna-13b-v1.5",
    "vicuna-7b-v1.5-16k": "lmsys/vicuna-7b-v1.5-16k",
    "vicuna-13b-v1.5-16k": "lmsys/vicuna-13b-v1.5-16k",
    "instructblip-vicuna-7b": "Salesforce/instructblip-vicuna-7b",
    "instructblip-vicuna-13b": "Salesforce/instructblip-vicuna-13b",
    "instructblip-flan-t5-xxl": "Salesforce/instructblip-flan-t5-xxl",
}


def _folder(path: Path, config: dict | None = None, **files: str) -> Path:
    path.mkdir(parents=True)
    files = {"config.json": json.dumps(config or {"model_type": "llama"}), **files}
    for name, content in files.items():
        (path / name.replace("__", ".")).write_text(content)
    return path


def test_every_model_of_paper_a_is_known_by_name_and_by_hub_id() -> None:
    for name, checkpoint in PAPER_MODELS.items():
        assert find_annotator(name).checkpoint == checkpoint
        assert find_annotator(checkpoint) is ANNOTATORS[name]


def test_the_16k_models_reach_16384_tokens_by_a_rotary_factor_of_4() -> None:
    for size in ("7b", "13b"):
        model = find_annotator(f"vicuna-{size}-v1.5-16k")
        assert (model.rope_factor, model.max_context) == (4.0, 16384)
        assert find_annotator(f"vicuna-{size}-v1.5").rope_factor is None


def test_a_misspelt_name_is_answered_with_the_nearest_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown annotator 'vicuna-7b'; did you mean 'vicuna-7b-v1.5'"):
        find_annotator("vicuna-7b")


def test_a_path_that_is_not_there_is_not_taken_for_a_name() -> None:
    with pytest.raises(ValueError, match=r"model folder '/nowhere/llama' does not exist"):
        find_annotator("/nowhere/llama")


def test_a_folder_tells_its_family(tmp_path: Path) -> None:
    blip = find_annotator(str(_folder(tmp_path / "some-blip", {"model_type": "instructblip"})))
    assert (blip.family, blip.uses_image, blip.conversation) == ("instruct_blip", True, "raw")
    text = find_annotator(str(_folder(tmp_path / "plain")))
    assert (text.family, text.uses_image, text.conversation) == ("causal", False, "chat")
    lavis = _folder(tmp_path / "lavis", config__yaml="model: {arch: blip2_opt}")
    (lavis / "config.json").unlink()
    assert find_annotator(str(lavis)).family == "blip2_lavis"


def test_a_local_copy_keeps_the_template_of_its_repository(tmp_path: Path) -> None:
    copy = _folder(tmp_path / "vicuna-7b-v1.5-16k")
    model = find_annotator(str(copy))
    assert (model.name, model.checkpoint) == ("vicuna-7b-v1.5-16k", str(copy))
    assert (model.conversation, model.rope_factor) == ("vicuna_v1.1", 4.0)


def test_a_name_can_be_given_weights_from_any_folder(tmp_path: Path) -> None:
    snapshot = _folder(tmp_path / "8f3a91c")
    model = find_annotator(f"vicuna-13b-v1.5={snapshot}")
    assert (model.name, model.conversation, model.checkpoint) == (
        "vicuna-13b-v1.5",
        "vicuna_v1.1",
        str(snapshot),
    )


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


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="dtype 'float8' is unknown"):
        EngineOptions(dtype="float8")
    with pytest.raises(ValueError, match="token_budget is 0"):
        EngineOptions(token_budget=0)
    with pytest.raises(ValueError, match="max_batch is 0"):
        EngineOptions(max_batch=0)
    with pytest.raises(ValueError, match="max_retries is -1"):
        EngineOptions(max_retries=-1)


def test_looking_up_a_model_imports_no_model_library() -> None:
    code = (
        "import sys; from actors.models.catalog.annotators import find_annotator; find_annotator('llama-7b');"
        "print({'torch', 'transformers', 'ray'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
