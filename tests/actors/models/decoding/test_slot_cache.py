from __future__ import annotations

import random

import torch

from actors.models.decoding.slot_cache import SlotCache

HEADS, DIM, LAYERS = 2, 3, 2


def states(rows: int, columns: int, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(rows, HEADS, columns, DIM) + layer, torch.randn(rows, HEADS, columns, DIM) - layer


def test_every_row_keeps_its_own_columns_whatever_enters_and_leaves() -> None:
    torch.manual_seed(0)
    chance = random.Random(0)
    cache, expected = SlotCache(slots=4), []
    for step in range(400):
        if expected and chance.random() < 0.1:
            slot = chance.randrange(len(expected))
            cache.remove(slot)
            expected[slot] = expected[-1]
            expected.pop()
        if not expected or (len(expected) < 4 and chance.random() < 0.3):
            length = chance.randrange(0, 150)
            layers = [states(1, length, layer) for layer in range(LAYERS)]
            cache.insert(layers, [length])
            expected.append([[part[0] for part in layer] for layer in layers])
        cache.before_step()
        for layer in range(LAYERS):
            new = states(len(expected), 1, layer)
            seen = cache.update(*new, layer)
            for slot, row in enumerate(expected):
                row[layer] = [torch.cat([old, part[slot]], dim=1) for old, part in zip(row[layer], new)]
                for part, whole in zip(seen, row[layer]):
                    assert torch.equal(part[slot, :, part.shape[2] - whole.shape[1] :], whole), step
        cache.after_step()
        assert cache.lengths == [row[0][0].shape[1] for row in expected]
        assert cache.width == max(cache.lengths)


def test_the_mask_hides_what_lies_before_a_row() -> None:
    cache = SlotCache(slots=3)
    cache.insert([states(3, 4, 0)], [4, 1, 3])
    mask = cache.mask(torch.device("cpu"))
    assert mask is not None
    assert mask.int().tolist() == [[1, 1, 1, 1, 1], [0, 0, 0, 1, 1], [0, 1, 1, 1, 1]]


def test_rows_of_one_length_need_no_mask() -> None:
    cache = SlotCache(slots=2)
    cache.insert([states(2, 4, 0)], [4, 4])
    assert cache.mask(torch.device("cpu")) is None


def test_the_buffer_does_not_grow_while_short_rows_come_and_go() -> None:
    cache = SlotCache(slots=2)
    for _ in range(60):
        cache.insert([states(1, 20, 0)], [20])
        for _ in range(10):
            cache.before_step()
            cache.update(*states(1, 1, 0), 0)
            cache.after_step()
        cache.remove(0)
    assert cache.window.capacity < 200
