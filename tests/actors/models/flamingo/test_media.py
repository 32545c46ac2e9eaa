from __future__ import annotations

import pytest
import torch
from tiny_flamingo import picture, pixels_of, tiny_flamingo

from actors.models.flamingo.config import MediaAttention
from actors.models.flamingo.media import picture_index

NEXT, PREVIOUS = MediaAttention.NEXT, MediaAttention.PREVIOUS

# P is a picture's mark, t text. Written by hand: the number of the picture that each token looks at.
BY_HAND = [
    ("ttt", NEXT, [0, 0, 0]),
    ("ttt", PREVIOUS, [0, 0, 0]),
    ("ttPtt", NEXT, [1, 1, 1, 0, 0]),
    ("ttPtt", PREVIOUS, [0, 0, 1, 1, 1]),
    ("P", NEXT, [1]),
    ("P", PREVIOUS, [1]),
    ("tPtPt", NEXT, [1, 1, 2, 2, 0]),
    ("tPtPt", PREVIOUS, [0, 1, 1, 2, 2]),
    ("PPtt", NEXT, [1, 2, 0, 0]),
    ("PPtt", PREVIOUS, [1, 2, 2, 2]),
    ("tPPPPPPPPPPt", NEXT, [1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0]),
    ("tPPPPPPPPPPt", PREVIOUS, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]),
]


@pytest.mark.parametrize(("pattern", "mode", "expected"), BY_HAND)
def test_every_token_looks_at_the_picture_written_by_hand(pattern, mode, expected):
    is_picture = torch.tensor([[mark == "P" for mark in pattern]])
    assert picture_index(is_picture, mode).tolist() == [expected]


@pytest.mark.parametrize("mode", MediaAttention)
def test_rows_with_different_counts_do_not_touch_each_other(mode):
    patterns = [(pattern, expected) for pattern, its_mode, expected in BY_HAND if its_mode is mode]
    longest = max(len(pattern) for pattern, _ in patterns)
    padded = [pattern.ljust(longest, "t") for pattern, _ in patterns]
    together = picture_index(torch.tensor([[mark == "P" for mark in row] for row in padded]), mode)
    for row, (pattern, expected) in zip(together.tolist(), patterns):
        assert row[: len(pattern)] == expected


def looked_at(mode: MediaAttention, pattern: str) -> list[list[int]]:
    """For each token the pictures whose exchange changes its state in a model's first cross-attention."""
    flamingo = tiny_flamingo(mode)
    layer = flamingo.language_model._get_decoder_layers()[1]
    count = pattern.count("P")
    ids = torch.tensor([[flamingo.media_token if mark == "P" else 50 for mark in pattern]])

    def states(pictures: list[bytes]) -> torch.Tensor:
        kept = []
        hook = layer.gated_cross_attn_layer.attn.register_forward_hook(lambda *call: kept.append(call[2]))
        with torch.no_grad():
            flamingo.model(vision_x=pixels_of(flamingo, [pictures]), lang_x=ids)
        hook.remove()
        return kept[0][0]

    shown = [picture(i) for i in range(count)]
    before = states(shown)
    changed = []
    for place in range(count):
        other = states([*shown[:place], picture(50 + place), *shown[place + 1 :]])
        changed.append((other != before).any(-1).tolist())
    return [[place + 1 for place in range(count) if changed[place][token]] for token in range(len(pattern))]


@pytest.mark.parametrize(
    ("pattern", "mode", "expected"), [case for case in BY_HAND if 0 < case[0].count("P") <= 2]
)
def test_the_model_itself_looks_where_the_mask_says(pattern, mode, expected):
    assert looked_at(mode, pattern) == [[number] if number else [] for number in expected]


@pytest.mark.parametrize("mode", MediaAttention)
@pytest.mark.parametrize("count", [0, 1, 2, 10])
def test_decoding_with_a_cache_gives_the_tokens_of_decoding_without(mode, count):
    flamingo = tiny_flamingo(mode)
    ids = torch.tensor([[1, 40, 41, *[flamingo.media_token, 42] * count, 43]])
    pixels = pixels_of(flamingo, [[picture(i) for i in range(count)]])
    settings = {"max_new_tokens": 5, "do_sample": False, "eos_token_id": -1, "pad_token_id": 0}
    written = ids
    with torch.no_grad():
        cached = flamingo.model.generate(vision_x=pixels, lang_x=ids, **settings)
        for _ in range(5):  # the whole text again at each step
            logits = flamingo.model(vision_x=pixels, lang_x=written).logits
            written = torch.cat([written, logits[:, -1:].argmax(-1)], dim=1)
    assert cached.tolist() == written.tolist()


def test_a_batch_without_any_picture_needs_no_black_one():
    flamingo = tiny_flamingo()
    ids = torch.tensor([[1, 40, 41]])
    with torch.no_grad():
        none = flamingo.model(vision_x=torch.zeros(1, 0, 1, 3, 16, 16), lang_x=ids).logits
        black = flamingo.model(vision_x=pixels_of(flamingo, [[]]), lang_x=ids).logits
    torch.testing.assert_close(none, black)
