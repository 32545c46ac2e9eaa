from __future__ import annotations

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from actors.models.decoding.prefill import (
    MIN_SHARED_TOKENS,
    SMALL_PREFILL,
    Reader,
    length_groups,
    shared_prefix,
)
from actors.models.decoding.rows import DecodeRow

BEGINNING = list(range(10, 10 + MIN_SHARED_TOKENS))


def rows(*ids: list[int]) -> list[DecodeRow]:
    return [DecodeRow(str(place), 0, row) for place, row in enumerate(ids)]


@pytest.fixture(scope="module")
def model() -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=60,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=64,
    )
    return LlamaForCausalLM(config).eval()


def test_the_shared_beginning_stops_before_anybodys_last_token() -> None:
    assert shared_prefix(rows([*BEGINNING, 1, 2], [*BEGINNING, 1, 3])) == (*BEGINNING, 1)
    assert shared_prefix(rows([*BEGINNING, 1], [*BEGINNING, 1])) == tuple(BEGINNING)


def test_a_beginning_is_shared_only_where_it_pays() -> None:
    assert shared_prefix(rows([*BEGINNING[1:], 1, 2], [*BEGINNING[1:], 3, 4])) == ()
    assert shared_prefix(rows([*BEGINNING, 1])) == ()
    vectors = DecodeRow("v", 0, inputs_embeds=torch.zeros(20, 4))
    assert shared_prefix([*rows([*BEGINNING, 1, 2]), vectors]) == ()


def test_few_tokens_are_read_together_whatever_their_lengths() -> None:
    short = rows([7] * 60, [7] * 30, [7] * 2)
    assert [len(group) for group in length_groups(short)] == [3]


def test_many_tokens_are_read_together_only_without_much_padding() -> None:
    half = SMALL_PREFILL // 2
    even, uneven = rows([7] * (half + 1), [7] * half), rows([7] * (half + 1), [7] * (half // 2))
    assert [len(group) for group in length_groups(even)] == [2]
    assert [len(group) for group in length_groups(uneven)] == [1, 1]
    assert [len(group) for group in length_groups(uneven, prefix=half // 2 - 1)] == [2]


@pytest.mark.parametrize("prefix", [(), tuple(BEGINNING)])
def test_what_is_read_for_a_row_does_not_depend_on_the_rows_beside_it(
    model: LlamaForCausalLM, prefix: tuple[int, ...]
) -> None:
    long, short = rows([*BEGINNING, 1, 2, 3, 4, 5, 6], [*BEGINNING, 7, 8])
    with torch.inference_mode():
        together = Reader(model, prefix).read([long, short])
        alone = Reader(model).read([short])
    assert len(together) == len(alone) == 2
    for both, own in zip(together, alone, strict=True):
        for part, own_part in zip(both, own, strict=True):
            assert own_part.shape[2] == short.length - 1
            torch.testing.assert_close(part[1, :, : short.length - 1], own_part[0], atol=1e-5, rtol=1e-4)


def test_after_the_cache_comes_the_last_token_of_every_row(model: LlamaForCausalLM) -> None:
    reader = Reader(model)
    following = torch.tensor([[50], [51]])
    inputs = reader.last_inputs(rows([1, 2, 3], [4, 5]), following)
    assert inputs["input_ids"].tolist() == [[3, 50], [5, 51]]
    vectors = [
        DecodeRow("v", 0, inputs_embeds=torch.ones(2, 32)),
        DecodeRow("w", 0, inputs_embeds=torch.zeros(3, 32)),
    ]
    embedded = reader.last_inputs(vectors, following)["inputs_embeds"]
    assert embedded.shape == (2, 2, 32)
    assert embedded[0, 0].tolist() == [1.0] * 32
    assert torch.equal(embedded[1, 1], model.get_input_embeddings()(torch.tensor(51)))
