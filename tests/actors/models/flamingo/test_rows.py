from __future__ import annotations

import torch
from tiny_flamingo import picture, pixels_of, tiny_flamingo

from actors.models.flamingo.assembly import Flamingo
from actors.models.flamingo.config import MediaAttention
from actors.models.flamingo.media import picture_keys
from actors.models.flamingo.rows import PictureReader, PictureRow, picture_row, prefix_worth_sharing, view_of

MEDIA = 99
LONG = list(range(20))


def row(ids: list[int], pictures: list[int], mode: MediaAttention = MediaAttention.NEXT) -> PictureRow:
    return picture_row("1", ids, pictures=pictures, media_token=MEDIA, mode=mode, seed=0, limit=8)


def test_a_token_looks_at_the_next_picture_or_at_the_one_before_it() -> None:
    ids = [1, MEDIA, 2, MEDIA, 3]
    following, previous = row(ids, [7, 8]), row(ids, [7, 8], MediaAttention.PREVIOUS)
    assert view_of(following, 5) == (7, 7, 8, 8, -1)
    assert view_of(previous, 5) == (-1, 7, 7, 8, 8)


def test_an_answer_looks_at_the_last_picture_or_at_none() -> None:
    ids = [1, MEDIA, 2]
    assert row(ids, [7]).index_at(3) == 0
    assert row(ids, [7], MediaAttention.PREVIOUS).index_at(3) == 1


def test_a_beginning_is_shared_where_some_rows_see_the_same_in_it() -> None:
    same = [row([*LONG, MEDIA, 1], [7]), row([*LONG, MEDIA, 2], [7]), row([*LONG, MEDIA, 3], [8])]
    assert prefix_worth_sharing(same) == (*LONG, MEDIA)
    assert prefix_worth_sharing([same[0], same[2]]) == ()
    behind = [row([*LONG, 1, MEDIA], [7], MediaAttention.PREVIOUS) for _ in range(2)]
    assert prefix_worth_sharing(behind) == (*LONG, 1)


def reader(flamingo: Flamingo, rows: list[PictureRow], prefix: tuple[int, ...]) -> PictureReader:
    latents = flamingo.encode_pictures(
        torch.cat([pixels_of(flamingo, [[picture(seed)]])[0, 0] for seed in (1, 2)])
    )
    blocks = flamingo.language_model.gated_cross_attn_layers
    table = {layer.position: picture_keys(blocks[layer.position], latents) for layer in flamingo.layers}
    return PictureReader(flamingo.language_model, prefix, attention=flamingo.layers, table=table, rows=rows)


@torch.inference_mode()
def test_a_shared_beginning_is_read_once_per_picture_and_changes_nothing() -> None:
    flamingo = tiny_flamingo()
    media = flamingo.media_token
    rows = [
        picture_row(
            str(i), [*range(40, 60), media, *end], pictures=[shown], media_token=media,
            mode=MediaAttention.NEXT, seed=0, limit=8,
        )
        for i, (end, shown) in enumerate([([70, 71, 72], 0), ([80, 81, 82], 1), ([90, 91, 92], 0)])
    ]  # fmt: skip
    prefix = prefix_worth_sharing(rows)
    assert len(prefix) == 21
    shared = reader(flamingo, rows, prefix)
    layers = shared.read(rows)
    alone = [reader(flamingo, [one], ()).read([one]) for one in rows]
    for place, own in enumerate(alone):
        for (keys, values), (own_keys, own_values) in zip(layers, own, strict=True):
            torch.testing.assert_close(keys[place], own_keys[0], atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(values[place], own_values[0], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(layers[-1][0][0, :, :20], layers[-1][0][1, :, :20], atol=1e-3)
    assert shared._held == {}  # nobody is left who begins so
