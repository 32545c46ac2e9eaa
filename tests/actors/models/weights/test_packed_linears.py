from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from actors.models.weights.packed_linears import PackedLinears


@pytest.fixture
def attention() -> nn.MultiheadAttention:
    torch.manual_seed(0)
    return nn.MultiheadAttention(24, 3, batch_first=True).eval()


def mlp() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(33, 70), nn.GELU(), nn.Linear(70, 5, bias=False))


@torch.inference_mode()
@pytest.mark.parametrize("shape", [(1, 33), (17, 33), (4, 3, 33), (0, 33)])
def test_products_are_those_of_torch_and_its_own_again_afterwards(shape):
    module, inputs = mlp(), torch.randn(shape)
    expected = module(inputs)
    with PackedLinears(module):
        packed = module(inputs)
    assert packed.shape == expected.shape
    assert torch.allclose(packed, expected, atol=1e-5)
    assert torch.equal(module(inputs), expected)


@torch.inference_mode()
def test_parts_of_a_larger_tensor_are_read_where_they_lie():
    module, inputs = mlp(), torch.randn(6, 9, 40)[:, 2:7, 3:36]
    expected = module(inputs)
    with PackedLinears(module):
        assert torch.allclose(module(inputs), expected, atol=1e-5)


def test_changed_weights_are_packed_again():
    module, inputs = mlp(), torch.randn(3, 33)
    packed = PackedLinears(module)
    with torch.inference_mode(), packed:
        before = module(inputs)
    with torch.no_grad():
        module[0].weight.mul_(2.0)
        module[2].weight = nn.Parameter(module[2].weight + 1.0)
    with torch.inference_mode():
        expected = module(inputs)
        with packed:
            assert torch.allclose(module(inputs), expected, atol=1e-4)
    assert not torch.allclose(before, expected, atol=1e-2)


def test_layers_in_bfloat16_and_of_other_classes_are_left_alone():
    class Own(nn.Linear):
        pass

    module = nn.Sequential(Own(4, 4), nn.Linear(4, 4, dtype=torch.bfloat16))
    assert PackedLinears(module).parts == []


def test_a_module_too_large_to_hold_twice_is_left_alone():
    size = sum(weight.nbytes for weight in mlp().parameters())
    assert len(PackedLinears(mlp(), most_bytes=size).parts) == 2
    assert PackedLinears(mlp(), most_bytes=size - 1).parts == []


def test_a_failure_inside_leaves_the_module_as_it_was():
    module = mlp()
    with pytest.raises(RuntimeError), torch.inference_mode(), PackedLinears(module):
        module(torch.randn(2, 4))
    assert all("forward" not in vars(part) for part in module.modules())
    copy.deepcopy(module)


@torch.inference_mode()
@pytest.mark.parametrize("kind", ["none", "float", "bool"])
def test_attention_is_torchs_own(attention, kind):
    hidden = torch.randn(2, 7, 24)
    above = torch.ones(7, 7, dtype=torch.bool).triu(1)
    mask = {"none": None, "float": torch.zeros(7, 7).masked_fill(above, -torch.inf), "bool": above}[kind]
    expected = attention(hidden, hidden, hidden, need_weights=False, attn_mask=mask)[0]
    with PackedLinears(attention):
        ours, weights = attention(hidden, hidden, hidden, need_weights=False, attn_mask=mask)
    assert weights is None
    assert torch.allclose(ours, expected, atol=1e-6)


@torch.inference_mode()
def test_attention_between_two_texts_or_with_weights_is_left_to_torch(attention):
    one, other = torch.randn(2, 7, 24), torch.randn(2, 5, 24)
    expected, shares = attention(one, other, other)
    with PackedLinears(attention):
        ours, weights = attention(one, other, other)
    assert torch.allclose(ours, expected, atol=1e-6)
    assert torch.allclose(weights, shares, atol=1e-6)
