from __future__ import annotations

import pytest
import torch
from tiny_flamingo import SMALL_LORA, one_step, picture, pixels_of, tiny_flamingo, tiny_tokenizer
from torch import nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from actors.models.flamingo.assembly import MediaEmbedding, add_tokens, find_layers, trainable, untie


def test_special_tokens_come_in_the_published_order():
    flamingo = tiny_flamingo()
    size = len(flamingo.tokenizer)
    names = ["<|endofchunk|>", "<image>", "<PAD>"]
    assert flamingo.tokenizer.convert_tokens_to_ids(names) == [size - 3, size - 2, size - 1]
    assert (flamingo.tokenizer.pad_token_id, flamingo.tokenizer.bos_token_id) == (0, 1)
    assert flamingo.tokenizer.eos_token_id == 2
    assert flamingo.language_model.get_input_embeddings().weight.shape[0] == size


def language_model(vocabulary: int, *, tied: bool = False) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=32,
        tie_word_embeddings=tied,
    )
    return LlamaForCausalLM(config)


def test_rows_of_new_tokens_start_as_the_mean_of_the_old_ones() -> None:
    tokenizer = tiny_tokenizer()
    old = len(tokenizer)
    model = language_model(old)
    add_tokens(model, tokenizer)
    for table in (model.get_input_embeddings(), model.get_output_embeddings()):
        assert len(table.weight) == old + 3
        assert torch.equal(table.weight[old:], table.weight[:old].mean(0).expand(3, -1))


def test_untied_outputs_do_not_move_with_the_inputs() -> None:
    model = language_model(20, tied=True)
    assert model.get_output_embeddings().weight is model.get_input_embeddings().weight
    untie(model)
    with torch.no_grad():
        before = model.get_output_embeddings().weight.clone()
        model.get_input_embeddings().weight.zero_()
    assert torch.equal(model.get_output_embeddings().weight, before)


def test_a_language_model_of_another_kind_is_refused() -> None:
    assert find_layers(language_model(20)) == "model.layers"
    bert = BertModel(
        BertConfig(hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    )
    with pytest.raises(ValueError, match="decoder layers of a BertModel are in none of model.layers"):
        find_layers(bert)


def test_media_rows_alone_are_added_to_what_the_table_says() -> None:
    table = nn.Embedding(6, 3)
    embedding = MediaEmbedding.around(table, (2, 4))
    ids = torch.arange(6)
    assert torch.equal(embedding(ids), table(ids))
    delta = embedding.start_training()
    with torch.no_grad():
        delta.fill_(1.0)
    moved = (embedding(ids) != table(ids)).any(-1)
    assert moved.nonzero()[:, 0].tolist() == [2, 4]
    assert torch.equal(embedding.media_rows(), table.weight[[2, 4]] + 1.0)
    embedding.set_media_rows(torch.zeros(2, 3))
    assert not embedding(torch.tensor([2, 4])).any() and not delta.any()


def test_no_gradient_reaches_the_vision_tower() -> None:
    flamingo = tiny_flamingo()
    flamingo.model.requires_grad_(True)
    latents = flamingo.encode_pictures(pixels_of(flamingo, [[picture(1)]])[:, 0, 0])
    assert latents.shape == (1, 3, 32)
    latents.sum().backward()
    assert all(parameter.grad is None for parameter in flamingo.model.vision_encoder.parameters())
    assert any(parameter.grad is not None for parameter in flamingo.model.perceiver.parameters())


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
    kinds = {name.rpartition(".lora_")[0].rpartition(".")[2] for name in moving}
    assert kinds == {"", "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}


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


def test_a_model_without_adapters_cannot_train_them():
    with pytest.raises(ValueError, match="no adapters"):
        trainable(tiny_flamingo(), "lora")


def test_another_part_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="part is 'everything', expected 'lora' or 'connector'"):
        trainable(tiny_flamingo(), "everything")  # type: ignore[arg-type]
