"""Gains read from a scored run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.recipes.demo.gains import measure_gains
from pipelines.recipes.ingest import ingest_rows
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source

TEXT, NUMBER = pa.string(), pa.float32()
# key, task, draft, rewritten, answer, reward of the draft, of the rewritten
SCORED = (
    ("a", "vqa", "red", "The circle is red.", "red", 0.0, 2.0),
    ("b", "vqa", "blue", "The circle is red.", "blue", 0.0, 1.0),
    ("c", "vqa", "bl ue", "The circle is blue.", "blue", 0.0, 1.5),  # the draft gives no answer
    ("d", "caption", "a circle", "a circle", None, 0.5, 0.5),
)


@dataclass
class Scored(Source):
    """Rows as a filtered run leaves them, or with `polite` the references they came from."""

    polite: bool = False

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        more = {} if self.polite else {"answer": TEXT, "reward": NUMBER, "reward_original": NUMBER}
        return {"response_original": TEXT, **more}

    def files(self) -> list[Path]:
        return []

    def rows(self) -> Iterator[Row]:
        for key, task, draft, new, answer, before, after in SCORED:
            row = live_row(id=f"t/all/{key}", dataset="t", task=task, instruction="?", response=new)
            if self.polite:
                yield row | {"response_original": new}
            else:
                scores = {"answer": answer, "reward": after, "reward_original": before}
                yield row | {"response_original": draft, **scores}


@pytest.fixture(scope="module")
def gains(tmp_path_factory):
    out = tmp_path_factory.mktemp("gains")
    ingest_rows(Scored(), out / "scored")
    ingest_rows(Scored(polite=True), out / "polite")
    return measure_gains("t", out / "scored", out / "polite")


def test_the_reward_gain_is_the_mean_over_all_scored_rows(gains):
    assert gains.reward.value == pytest.approx((2.0 + 1.0 + 1.5 + 0.0) / 4)


def test_answers_count_where_the_draft_gives_them(gains):
    assert (gains.kept_answers.value, gains.kept_answers.rows) == (0.5, 2)


def test_rouge_is_gained_toward_the_reference(gains):
    assert gains.rouge.value > 0.3


def test_a_text_that_stayed_the_same_is_counted(gains):
    assert gains.unchanged.value == 0.25
