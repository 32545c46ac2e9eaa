"""What a finished run gives away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from distorted_run import SMALL
from safetensors.torch import load_file

from actors.models.flamingo.store import connector_tensors, load_flamingo, plain_language_tensors
from trainers.rewriter.base_model import BaseModel
from trainers.rewriter.export import put_trained
from trainers.rewriter.flamingo_trainee import open_base


def test_everything_frozen_is_bit_identical_in_the_export(finished: Path) -> None:
    before, after = load_flamingo(finished / "base"), load_flamingo(finished / "out/model")
    for name, value in before.model.vision_encoder.state_dict().items():
        assert torch.equal(value, after.model.vision_encoder.state_dict()[name]), name
    for name, value in connector_tensors(before).items():
        assert torch.equal(value, connector_tensors(after)[name]), name
    old, new = plain_language_tensors(before), plain_language_tensors(after)
    moved = {name for name, value in old.items() if not torch.equal(value, new[name])}
    assert {name.rpartition("_proj")[1] for name in moved - {"model.embed_tokens.weight"}} == {"_proj"}
    media = list(before.embedding.media_ids)
    rows = (old["model.embed_tokens.weight"] != new["model.embed_tokens.weight"]).any(dim=1)
    assert set(rows.nonzero().flatten().tolist()) <= set(media)
    assert rows[before.media_token]


def test_the_merged_model_says_what_base_and_adapter_say(finished: Path) -> None:
    from actors.models.flamingo.config import LoraSettings
    from actors.models.flamingo.lora import add_lora

    merged, base = load_flamingo(finished / "out/model"), load_flamingo(finished / "base")
    adapter = finished / "out/adapter"
    add_lora(base.language_model, LoraSettings(rank=4, alpha=16, init_from=str(adapter)))
    base.embedding.set_media_rows(load_file(adapter / "media_rows.safetensors")["media_rows"])
    ids = torch.tensor([[1, 50, base.media_token, 60, 61]])
    pixels = torch.randn(1, 1, 1, 3, 16, 16)
    with torch.no_grad():
        expected = base.model.eval()(pixels, ids, torch.ones_like(ids)).logits
        assert torch.allclose(merged.model(pixels, ids, torch.ones_like(ids)).logits, expected, atol=1e-4)


def test_an_adapter_has_pefts_layout_and_names_its_base(finished: Path) -> None:
    adapter = finished / "out/adapter"
    config = json.loads((adapter / "adapter_config.json").read_text())
    assert (config["peft_type"], config["r"], config["lora_alpha"]) == ("LORA", 4, 16)
    assert config["base_model_name_or_path"] == str(finished / "base")
    names = set(load_file(adapter / "adapter_model.safetensors"))
    assert names and all(name.startswith("base_model.model.model.") for name in names)
    assert all(".lora_A." in name or ".lora_B." in name for name in names)


def test_the_numbers_in_the_optimizer_are_counted(finished: Path) -> None:
    numbers = json.loads((finished / "out/training.json").read_text())["numbers"]
    trained = load_file(finished / "out/trained.safetensors")
    assert numbers["trained"] == sum(value.numel() for value in trained.values()) < numbers["all"]


def test_tensors_of_another_run_are_refused(finished: Path) -> None:
    base = BaseModel("base", folder=finished / "base")
    flamingo = open_base(base, SMALL, dtype="float32", device="cpu")
    trained = load_file(finished / "out/trained.safetensors")
    name = next(iter(trained))
    with pytest.raises(ValueError, match="here.safetensors"):
        put_trained(
            flamingo, {k: v for k, v in trained.items() if k != name}, SMALL, origin="here.safetensors"
        )
    assert put_trained(flamingo, trained, SMALL, origin="here") == sum(v.numel() for v in trained.values())


def test_nothing_half_written_is_left_beside_the_export(finished: Path) -> None:
    assert not list((finished / "out").glob("*.part"))
