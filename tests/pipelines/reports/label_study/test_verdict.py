"""The answer of a label study in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from study_figures import HUMAN, WORTH, about, source, study

from pipelines.metrics.intervals.trainings import Difference
from pipelines.reports.label_study.figures import AUROC
from pipelines.reports.label_study.verdict import outcome, verdicts


def test_a_resolved_difference_is_a_win_and_the_sentence_has_its_interval():
    [verdict] = verdicts(study(HUMAN, source("robot", "model", 0.75, difference=0.09, worth=WORTH)))
    assert verdict.outcome == "human labels win"
    assert "84.0%" in verdict.words and "75.0%" in verdict.words
    assert "+9.0 points for the human ones (95 % interval +6.0 to +12.0)" in verdict.words
    assert "about 80 human labels (45 to more than 300)" in verdict.words


def test_the_model_can_win_and_its_gain_is_positive():
    [verdict] = verdicts(study(HUMAN, source("robot", "model", 0.9, difference=-0.06)))
    assert verdict.outcome == "model labels win"
    assert "+6.0 points for the model's (95 % interval +3.0 to +9.0)" in verdict.words


@pytest.mark.parametrize(("difference", "p"), [(0.02, 0.2), (0.05, 0.08)])
def test_an_interval_over_zero_or_a_large_p_is_not_told_apart(difference, p):
    [verdict] = verdicts(study(HUMAN, source("robot", "model", 0.82, difference=difference, p=p)))
    assert verdict.outcome == "not told apart" and "may be chance" in verdict.words


def test_no_difference_is_no_verdict():
    assert outcome(None) == "not run"


def test_a_classifier_no_better_than_the_commonest_label_is_called_out():
    [verdict] = verdicts(study(HUMAN, source("robot", "model", 0.8, difference=0.04), majority=0.83))
    assert "learnt too little" in verdict.words


def test_one_seed_and_a_pocket_classifier_are_said():
    pocket = {"classifier": {"preset": "pocket"}, "cleaning": "off", "models": "pocket"}
    found = study(HUMAN, source("robot", "model", 0.7, difference=0.1), seeds=(0,), settings=pocket)
    words = verdicts(found)[0].words
    assert "One seed" in words and "nothing about the paper's models" in words


def test_another_metric_that_says_otherwise_is_named():
    model = source("robot", "model", 0.75, difference=0.09)
    both = replace(model, against_human={**model.against_human, AUROC: Difference(about(0.0), 0.9)})
    assert "by AUROC: not told apart" in verdicts(study(HUMAN, both))[0].words


def test_the_same_labels_are_nothing_to_compare():
    [verdict] = verdicts(study(HUMAN, source("robot", "model", 0.84, same_as="human")))
    assert verdict.outcome == "not told apart" and "nothing to compare" in verdict.words


def test_a_source_that_trained_no_classifier_says_why():
    model = replace(source("robot", "model", 0.0), figures={}, not_run="it gave one label only")
    [verdict] = verdicts(study(HUMAN, model))
    assert verdict.words == "Not run. No classifier can be trained on robot: it gave one label only."
