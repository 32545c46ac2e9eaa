"""Which scenes there are, and in which split each is."""

from __future__ import annotations

from pipelines.sources.scenes.world import SPLITS, draw_scene


def test_what_is_to_be_seen_is_never_the_same_in_two_splits() -> None:
    keys = {split: {draw_scene(0, split, number).key() for number in range(800)} for split in SPLITS}
    assert sum(len(found) for found in keys.values()) == len(set().union(*keys.values()))
    assert min(len(found) for found in keys.values()) > 300
