"""Which row is distorted how: exact counts, one strategy per row, decided by ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from actors.base import Columns
from pipelines.schema import Row, live_row
from pipelines.sources.dialogues.grounding import GROUNDING_COLUMNS
from pipelines.sources.mix import TOTAL, Mix, MixedRows
from pipelines.sources.source import Source

BOXED = {"captions": ["a dog"], "box_labels": ["dog"], "boxes": [[0.0, 0.0, 1.0, 1.0]]}


@dataclass
class Numbered(Source):
    """`pictures` rows with a picture, of which the first `boxed` are captions with boxes, and `text` rows."""

    pictures: int
    boxed: int = 0
    text: int = 0
    backwards: bool = False

    @property
    def columns(self) -> Columns:
        return GROUNDING_COLUMNS

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        numbers = range(self.pictures + self.text)
        for number in reversed(numbers) if self.backwards else numbers:
            boxed = number < self.boxed
            yield live_row(
                id=f"n/all/{number}",
                dataset="n",
                task="caption" if boxed else "vqa",
                images=["a.png"] if number < self.pictures else [],
                response="A polite response.",
                **(BOXED if boxed else {}),
            )


def drawn(source: Source, mix: Mix, **settings: int) -> dict[str, str | None]:
    return {row["id"]: row["distortion"] for row in MixedRows(source, mix, **settings).rows()}


def test_the_defaults_are_figure_4_brought_down_to_255k() -> None:
    counts = Mix().counts(Counter(pictures=400_000, boxes=23_000, text=500_000))
    assert counts == {"boxes": 12_750, "llm_images": 102_911, "random": 70_125, "llm_text": 69_214} | {
        "random_text": 0
    }
    assert sum(counts.values()) == TOTAL


def test_counts_that_fit_are_met_exactly_and_every_row_has_one_strategy() -> None:
    mix = Mix(llm_images=30, llm_text=7, random=20, boxes=5)
    given = drawn(Numbered(100, boxed=10, text=10), mix)
    assert Counter(given.values()) == {"llm": 37, "random": 20, "boxes": 5, None: 48}
    boxed = {row_id for row_id, strategy in given.items() if strategy == "boxes"}
    assert boxed <= {f"n/all/{number}" for number in range(10)}


def test_shares_use_the_whole_of_a_smaller_set() -> None:
    given = drawn(Numbered(100, boxed=50, text=20), Mix(0.4, 0.2, 0.3, boxes=0.1))
    assert Counter(given.values()) == {"llm": 70, "random": 38, "boxes": 12}


def test_without_captions_and_boxes_the_other_two_share_the_pictures() -> None:
    assert Counter(drawn(Numbered(190), Mix()).values()) == {"llm": 113, "random": 77}


def test_the_assignment_depends_on_ids_and_seed_and_not_on_the_order() -> None:
    source = Numbered(200, boxed=30, text=50)
    given = drawn(source, Mix(), seed=3)
    assert drawn(replace(source, backwards=True), Mix(), seed=3) == given
    assert drawn(source, Mix(), seed=4) != given


def test_rows_that_are_not_wanted_stay_in_the_ledger() -> None:
    rows = list(MixedRows(Numbered(10), Mix(llm_images=0, llm_text=0, random=4, boxes=0)).rows())
    reasons = Counter((row["status"], row["reason"]) for row in rows)
    assert reasons == {("live", None): 4, ("dropped", "not_in_mix"): 6}


def test_a_limit_is_heeded_before_the_mix_is_drawn() -> None:
    given = drawn(Numbered(1000), Mix(llm_images=5, llm_text=0, random=5, boxes=0), limit=20)
    assert Counter(given.values()) == {"llm": 5, "random": 5, None: 10}


@pytest.mark.parametrize("mix", [Mix(0, 0, 0, 0, 0), Mix(random=-1), Mix(total=0)])
def test_a_mix_that_cannot_be_is_refused(mix: Mix) -> None:
    with pytest.raises(ValueError, match="the mix is"):
        MixedRows(Numbered(3), mix).check()
