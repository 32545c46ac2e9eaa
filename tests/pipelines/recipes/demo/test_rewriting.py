"""The whole way on trained pocket models: minutes, so `make test-slow`."""

from __future__ import annotations

import pytest

from pipelines.recipes.demo.gains import measure_gains
from pipelines.recipes.demo.rewriting import FAULTS, HELD_OUT, RewritingDemo, Sizes
from pipelines.reports.filter.rows import model_faults, rule_faults
from pipelines.reports.filter.run import FilterRun

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
