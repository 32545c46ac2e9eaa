from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from tiny_flamingo import SMALL_LORA, logits_of, picture, tiny_flamingo
from transformers import GPT2Config, GPT2LMHeadModel

from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.config import LoraSettings
from actors.models.flamingo.lora import add_lora, lora_parameters, merge_lora, read_adapter

TEXT, PICTURES = "see<image>what", [picture(3)]


def moved(seed: int = 0) -> Flamingo:
    """A Flamingo whose adapters change what it says."""
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in lora_parameters(flamingo.language_model).values():
            parameter.copy_(0.2 * torch.randn(parameter.shape, generator=generator))
    return flamingo


def adapter(flamingo: Flamingo, folder: Path, **config: int) -> Path:
    """The adapters in peft's layout."""
    folder.mkdir()
    tensors = {
        f"base_model.model.model.{name}": value.detach().clone()
        for name, value in lora_parameters(flamingo.language_model).items()
    }
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": 4, "lora_alpha": 8} | config))
    return folder


def test_new_adapters_change_nothing() -> None:
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    before = logits_of(flamingo, TEXT, PICTURES)
    merge_lora(flamingo.language_model)
    assert torch.equal(logits_of(flamingo, TEXT, PICTURES), before)


def test_merged_adapters_say_the_same_without_adapters() -> None:
    flamingo = moved()
    before = logits_of(flamingo, TEXT, PICTURES)
    assert not torch.allclose(before, logits_of(tiny_flamingo(lora=SMALL_LORA), TEXT, PICTURES), atol=1e-2)
    merge_lora(flamingo.language_model)
    assert lora_parameters(flamingo.language_model) == {}
    torch.testing.assert_close(logits_of(flamingo, TEXT, PICTURES), before, atol=1e-4, rtol=1e-4)


def test_adapters_start_from_a_folder_in_pefts_layout(tmp_path: Path) -> None:
    source = moved()
    settings = LoraSettings(4, 8, 0.0, str(adapter(source, tmp_path / "guanaco")))
    started = tiny_flamingo(lora=settings)
    assert torch.equal(logits_of(started, TEXT, PICTURES), logits_of(source, TEXT, PICTURES))


def test_an_adapter_of_another_rank_is_refused(tmp_path: Path) -> None:
    folder = adapter(moved(), tmp_path / "other", r=16)
    with pytest.raises(ValueError, match="has r 16, the model wants 4"):
        tiny_flamingo(lora=LoraSettings(4, 8, 0.0, str(folder)))


def test_a_folder_that_is_no_adapter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"is no adapter folder; expected adapter_config.json"):
        read_adapter(tmp_path)


def test_a_language_model_of_another_kind_takes_no_adapters() -> None:
    model = GPT2LMHeadModel(GPT2Config(vocab_size=20, n_embd=8, n_layer=1, n_head=1, n_positions=16))
    with pytest.raises(ValueError, match="GPT2LMHeadModel has no q_proj, k_proj, .* of LLaMA's kind"):
        add_lora(model, SMALL_LORA)
