from __future__ import annotations

import pytest
import torch
from tiny_flamingo import SMALL_LORA, one_step, tiny_flamingo

from actors.models.flamingo.training import trainable


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


def test_another_part_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="part is 'everything', expected 'lora' or 'connector'"):
        trainable(tiny_flamingo(), "everything")  # type: ignore[arg-type]
