"""Files with the keys of the published ones, at tiny size."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny_flamingo import SMALL_LORA, tiny_flamingo

from actors.models.flamingo.lora import LoraSettings, add_lora, lora_parameters
from actors.models.flamingo.published import layout_tensors, load_published

XATTN_KEYS = (
    "attn_gate",
    "ff_gate",
    "attn.norm.weight",
    "attn.norm.bias",
    "attn.to_q.weight",
    "attn.to_kv.weight",
    "attn.to_out.weight",
    "ff.0.weight",
    "ff.0.bias",
    "ff.1.weight",
    "ff.3.weight",
)
PERCEIVER_KEYS = (
    "latents",
    "norm.weight",
    "norm.bias",
    "layers.0.0.norm_media.weight",
    "layers.0.0.norm_media.bias",
    "layers.0.0.norm_latents.weight",
    "layers.0.0.norm_latents.bias",
    "layers.0.0.to_q.weight",
    "layers.0.0.to_kv.weight",
    "layers.0.0.to_out.weight",
    "layers.0.1.0.weight",
    "layers.0.1.0.bias",
    "layers.0.1.1.weight",
    "layers.0.1.3.weight",
)
LINEAR = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
LINEAR += ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")
EMBEDDING = "lang_encoder.model.embed_tokens.weight"


def connector_keys() -> dict[str, str]:
    """Published key to our name; every cross-attention weight stands under two paths."""
    keys = {f"perceiver.{key}": f"perceiver.{key}" for key in PERCEIVER_KEYS}
    for layer in (1, 3):
        for key in XATTN_KEYS:
            own = f"gated_cross_attn_layers.{layer}.{key}"
            keys[f"lang_encoder.{own}"] = own
            keys[f"lang_encoder.model.layers.{layer}.gated_cross_attn_layer.{key}"] = own
    return keys


def lora_keys() -> dict[str, str]:
    return {
        f"lang_encoder.model.layers.{layer}.decoder_layer.{linear}.{side}.default.weight": (
            f"layers.{layer}.{linear}.{side}.weight"
        )
        for layer in range(4)
        for linear in LINEAR
        for side in ("lora_A", "lora_B")
    }


KEYS = {
    "openflamingo": lambda: connector_keys(),
    "clever": lambda: connector_keys() | lora_keys(),
    "lora": lambda: lora_keys(),
}


def published(layout: str, seed: int = 1) -> dict[str, torch.Tensor]:
    """A file's content with numbers of its own, and what transformers 4 stored beside the weights."""
    generator = torch.Generator().manual_seed(seed)
    own = layout_tensors(tiny_flamingo(lora=SMALL_LORA), layout)
    numbers = {name: torch.randn(value.shape, generator=generator) for name, value in own.items()}
    content = {key: numbers[name] for key, name in KEYS[layout]().items()}
    content[EMBEDDING] = numbers["embed_tokens.weight"]
    content["lang_encoder.model.layers.0.decoder_layer.self_attn.rotary_emb.inv_freq"] = torch.ones(8)
    return content


@pytest.mark.parametrize("layout", sorted(KEYS))
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_published_file_fills_exactly_its_part(tmp_path: Path, layout: str, wrapped: bool):
    content = published(layout)
    file = tmp_path / "weights.pt"
    stored = {f"module.{key}": value for key, value in content.items()} if wrapped else content
    torch.save({"model_state_dict": stored} if wrapped else stored, file)
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    before = {name: value.clone() for name, value in layout_tensors(flamingo, "clever").items()}
    load_published(flamingo, file, layout)
    expected = {own: content[key] for key, own in KEYS[layout]().items()}
    expected["embed_tokens.weight"] = content[EMBEDDING]
    for name, value in layout_tensors(flamingo, "clever").items():
        assert torch.equal(value, expected.get(name, before[name])), name


def test_missing_and_surplus_keys_are_listed(tmp_path: Path):
    content = published("lora")
    gone = next(key for key in content if "layers.2." in key)
    del content[gone]
    content["lang_encoder.stranger"] = torch.zeros(1)
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match=r"1 missing \(layers.2.*1 surplus \(stranger\)"):
        load_published(tiny_flamingo(lora=SMALL_LORA), tmp_path / "weights.pt", "lora")


def test_a_file_of_another_layout_is_refused(tmp_path: Path):
    torch.save(published("openflamingo"), tmp_path / "weights.pt")
    with pytest.raises(ValueError, match=r"missing .*lora_A.* surplus \(gated_cross"):
        load_published(tiny_flamingo(lora=SMALL_LORA), tmp_path / "weights.pt", "lora")


def test_frozen_weights_in_the_clever_file_are_taken_too(tmp_path: Path):
    content = published("clever")
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    head = torch.randn(flamingo.language_model.lm_head.weight.shape)
    torch.save(content | {"lang_encoder.lm_head.weight": head}, tmp_path / "weights.pt")
    load_published(flamingo, tmp_path / "weights.pt", "clever")
    assert torch.equal(flamingo.language_model.lm_head.weight, head)


def test_two_paths_of_one_weight_must_agree(tmp_path: Path):
    content = published("openflamingo")
    key = "lang_encoder.gated_cross_attn_layers.1.attn_gate"
    content[key] = content[key] + 1
    torch.save(content, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="different numbers"):
        load_published(tiny_flamingo(), tmp_path / "weights.pt", "openflamingo")


def test_code_in_a_weights_file_is_not_run(tmp_path: Path):
    torch.save({"weights": Path("x")}, tmp_path / "weights.pt")
    with pytest.raises(ValueError, match="tensors alone"):
        load_published(tiny_flamingo(), tmp_path / "weights.pt", "openflamingo")


def guanaco(folder: Path, rank: int = 4) -> dict[str, torch.Tensor]:
    """An adapter folder as peft wrote it in 2023: a torch file, keys without the adapter's name."""
    import json

    own = lora_parameters(tiny_flamingo(lora=SMALL_LORA).language_model)
    tensors = {
        f"base_model.model.model.{name}": torch.randn(value.shape, generator=torch.Generator().manual_seed(i))
        for i, (name, value) in enumerate(own.items())
    }
    folder.mkdir()
    torch.save(tensors, folder / "adapter_model.bin")
    settings = {"peft_type": "LORA", "r": rank, "lora_alpha": 8, "lora_dropout": 0.1, "bias": "none"}
    (folder / "adapter_config.json").write_text(json.dumps(settings))
    return tensors


def test_adapters_start_from_a_guanaco_folder(tmp_path: Path):
    tensors = guanaco(tmp_path / "guanaco")
    flamingo = tiny_flamingo()
    settings = LoraSettings(rank=4, alpha=8, init_from=str(tmp_path / "guanaco"))
    add_lora(flamingo.language_model, settings)
    for name, value in lora_parameters(flamingo.language_model).items():
        assert torch.equal(value, tensors[f"base_model.model.model.{name}"]), name


def test_an_adapter_of_another_rank_is_refused(tmp_path: Path):
    guanaco(tmp_path / "guanaco", rank=64)
    settings = LoraSettings(rank=4, alpha=8, init_from=str(tmp_path / "guanaco"))
    with pytest.raises(ValueError, match="has r 64, the model wants 4"):
        add_lora(tiny_flamingo().language_model, settings)
