from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny_flamingo import SMALL_LORA, picture, pixels_of, tiny_flamingo

from actors.models.flamingo.open import (
    FlamingoConfig,
    MediaAttention,
    load_flamingo,
    save_flamingo,
    trainable,
)
from actors.models.flamingo.training import Trainable


def logits_of(flamingo, text: str, pictures: list[bytes]) -> torch.Tensor:
    ids = torch.tensor([flamingo.tokenizer(text, add_special_tokens=False).input_ids])
    with torch.no_grad():
        return flamingo.model(vision_x=pixels_of(flamingo, [pictures]), lang_x=ids).logits


def one_step(flamingo, moving: Trainable, weight_decay: float = 0.5) -> None:
    """A careless optimizer: one group, and decay on everything."""
    optimizer = torch.optim.AdamW(moving.parameters.values(), lr=0.1, weight_decay=weight_decay)
    ids = torch.tensor([flamingo.tokenizer("ab<image>cd<|endofchunk|>e", add_special_tokens=False).input_ids])
    flamingo.model(vision_x=pixels_of(flamingo, [[picture(1)]]), lang_x=ids, labels=ids).loss.backward()
    optimizer.step()


def test_special_tokens_come_in_the_published_order():
    flamingo = tiny_flamingo()
    size = len(flamingo.tokenizer)
    names = ["<|endofchunk|>", "<image>", "<PAD>"]
    assert flamingo.tokenizer.convert_tokens_to_ids(names) == [size - 3, size - 2, size - 1]
    assert (flamingo.tokenizer.pad_token_id, flamingo.tokenizer.bos_token_id) == (0, 1)
    assert flamingo.tokenizer.eos_token_id == 2
    assert flamingo.language_model.get_input_embeddings().weight.shape[0] == size


def test_only_the_two_media_rows_move_under_weight_decay():
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    moving = trainable(flamingo, "lora")
    before = {name: value.clone() for name, value in flamingo.model.state_dict().items()}
    rows = flamingo.embedding.media_rows()
    ids = torch.arange(len(flamingo.tokenizer))
    outputs = flamingo.embedding(ids).detach()
    one_step(flamingo, moving)
    for name, value in flamingo.model.state_dict().items():
        if ".lora_" not in name and not name.endswith(".delta"):
            assert torch.equal(value, before[name]), name
    moved = (flamingo.embedding(ids) != outputs).any(-1)
    assert moved.nonzero()[:, 0].tolist() == sorted(flamingo.embedding.media_ids)
    assert not torch.equal(flamingo.embedding.media_rows(), rows)


def test_adapters_move_in_the_lora_stage_and_nothing_else_is_offered():
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    moving = trainable(flamingo, "lora")
    kinds = {name.rpartition(".lora_")[0].rpartition(".")[2] for name in moving.parameters}
    assert kinds == {"", "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert not moving.decayed


def test_the_connector_stage_leaves_its_feed_forward_half_alone():
    flamingo = tiny_flamingo(lora=SMALL_LORA)
    moving = trainable(flamingo, "connector")
    before = {name: value.clone() for name, value in flamingo.model.state_dict().items()}
    one_step(flamingo, moving)
    changed = {
        name
        for name, value in flamingo.model.state_dict().items()
        if not torch.equal(value, before[name]) and not name.startswith("lang_encoder.model.")
    }
    assert changed
    assert all("perceiver." in name or ".attn" in name for name in changed)
    assert not any(".ff" in name and "gated" in name for name in changed)


def test_groups_hold_every_parameter_once():
    moving = trainable(tiny_flamingo(), "connector")
    groups = moving.groups(0.1)
    listed = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(listed) == sorted(map(id, moving.parameters.values()))
    assert [group["weight_decay"] for group in groups] == [0.1, 0.0]


def test_a_model_without_adapters_cannot_train_them():
    with pytest.raises(ValueError, match="no adapters"):
        trainable(tiny_flamingo(), "lora")


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


def test_an_unknown_media_attention_is_refused():
    config = FlamingoConfig("a", "b", media_attention="previous")
    assert config.media_attention is MediaAttention.PREVIOUS
    with pytest.raises(ValueError):
        replace(config, media_attention="sideways")
