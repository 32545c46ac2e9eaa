from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actors.models.catalog.annotator_table import ANNOTATORS
from actors.models.catalog.annotators import find_annotator

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


def test_looking_up_a_model_imports_no_model_library() -> None:
    code = (
        "import sys; from actors.models.catalog.annotators import find_annotator; find_annotator('llama-7b');"
        "print({'torch', 'transformers', 'ray'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
