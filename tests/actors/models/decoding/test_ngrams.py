from __future__ import annotations

from actors.models.decoding.ngrams import SeenNgrams


def test_a_token_that_would_end_a_known_run_is_banned():
    seen = SeenNgrams.of(3, [1, 2, 3, 1, 2])
    assert seen.banned() == [3]
    seen.add(4)
    assert list(seen.banned()) == []
    seen.add(1)
    seen.add(2)
    assert seen.banned() == [3, 4]


def test_a_text_shorter_than_a_run_bans_nothing():
    assert list(SeenNgrams.of(3, [7]).banned()) == []


def test_runs_of_one_ban_every_token_there_is():
    assert SeenNgrams.of(1, [5, 4, 5]).banned() == [4, 5]
