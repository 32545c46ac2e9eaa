from __future__ import annotations

import pytest
import torch
from tiny_flamingo import picture, pixels_of, tiny_flamingo, tiny_tokenizer
from torch import nn
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

from actors.models.flamingo.assembly import MediaEmbedding, add_tokens, find_layers, untie


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
