from __future__ import annotations

import json

import pytest
import torch
from tiny_flamingo import SMALL_LORA, logits_of, one_step, picture, tiny_flamingo

from actors.models.flamingo.assembly import trainable
from actors.models.flamingo.config import MediaAttention
from actors.models.flamingo.lora import lora_parameters
from actors.models.flamingo.store import (
    load_flamingo,
    load_tuned,
    plain_language_tensors,
    save_flamingo,
    tuned_tensors,
)


@pytest.mark.parametrize("lora", [None, SMALL_LORA])
def test_a_saved_model_gives_the_same_logits(tmp_path, lora):
    flamingo = tiny_flamingo(MediaAttention.PREVIOUS, lora=lora)
    if lora is not None:
        one_step(flamingo, trainable(flamingo, "lora"))
    loaded = load_flamingo(save_flamingo(flamingo, tmp_path / "saved"), dtype="float32", device="cpu")
    assert loaded.config.media_attention is MediaAttention.PREVIOUS
    assert loaded.config.lora == lora
    text, pictures = "see<image>what", [picture(3)]
    assert torch.equal(logits_of(loaded, text, pictures), logits_of(flamingo, text, pictures))


def test_a_folder_with_a_tensor_too_few_is_refused_by_name(tmp_path):
    from safetensors.torch import load_file, save_file

    folder = save_flamingo(tiny_flamingo(), tmp_path / "saved")
    tensors = load_file(folder / "flamingo.safetensors")
    tensors.pop("perceiver.latents")
    tensors["stranger"] = torch.zeros(1)
    save_file(tensors, folder / "flamingo.safetensors")
    with pytest.raises(ValueError, match=r"1 missing \(perceiver.latents\).*1 surplus \(stranger\)"):
        load_flamingo(folder)


def test_what_was_tuned_makes_another_model_write_the_same() -> None:
    tuned, other = tiny_flamingo(lora=SMALL_LORA, seed=1), tiny_flamingo(lora=SMALL_LORA, seed=1)
    one_step(tuned, trainable(tuned, "lora"))
    text, pictures = "see<image>what", [picture(3)]
    assert not torch.equal(logits_of(other, text, pictures), logits_of(tuned, text, pictures))
    load_tuned(other, tuned_tensors(tuned), origin="memory")
    assert torch.equal(logits_of(other, text, pictures), logits_of(tuned, text, pictures))


def test_the_language_models_own_tensors_keep_their_usual_names() -> None:
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    names = set(plain_language_tensors(flamingo))
    assert {"model.embed_tokens.weight", "model.layers.3.self_attn.q_proj.weight", "lm_head.weight"} <= names
    assert not [name for name in names if "lora" in name or "gated" in name or "decoder_layer" in name]
    assert lora_parameters(flamingo.language_model)


def test_a_folder_that_is_no_flamingo_or_of_another_format_is_refused(tmp_path) -> None:
    with pytest.raises(ValueError, match=r"holds no flamingo.json"):
        load_flamingo(tmp_path)
    (tmp_path / "flamingo.json").write_text(json.dumps({"format": 9}))
    with pytest.raises(ValueError, match="has format 9, this version reads 1"):
        load_flamingo(tmp_path)
