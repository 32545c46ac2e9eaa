"""The whole way on trained pocket models: minutes, so `make test-slow`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.recipes.demo.rewriting import FAULTS, HELD_OUT, RewritingDemo, Sizes, measure_gains
from pipelines.recipes.ingest import ingest_rows
from pipelines.reports.filter.page import model_faults, rule_faults
from pipelines.reports.filter.run import FilterRun
from pipelines.schema import Row, live_row
from pipelines.sources.source import Source

pytestmark = [pytest.mark.slow]


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("manners")
    RewritingDemo(folder, Sizes()).run()
    return folder


def test_rewriting_gains_reward_and_likeness_to_the_reference_and_keeps_the_answers(out):
    gains = measure_gains("held-out", out / "held-out-filtered", out / HELD_OUT)
    assert gains.reward.numbers[1] > 0
    assert gains.rouge is not None and gains.rouge.numbers[1] > 0
    assert gains.kept_answers.value >= 0.8


def test_the_rules_find_the_faults_of_form(out):
    found = rule_faults(FilterRun.read(out / FAULTS))
    assert len(found) >= 6
    for fault in found:
        assert fault.recall.value >= 0.9, fault
        assert fault.precision.value >= 0.9, fault


def test_the_models_find_faults_of_content_better_than_chance(out):
    found = {fault.kind: fault for fault in model_faults(FilterRun.read(out / FAULTS))}
    assert set(found) == {"changed_answer", "hallucinated_paragraph"}
    assert all(fault.beats_chance for fault in found.values()), found


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
