"""What a study found, and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from study_figures import HUMAN, TASK, WORTH, source, study

from pipelines.reports.label_study.figures import ACCURACY, AUROC, MICRO_F1, primary_metric


def test_everything_is_written_as_json(tmp_path):
    found = study(HUMAN, source("robot", "model", 0.75, difference=0.09, worth=WORTH))
    written = json.loads(found.write(tmp_path / "study.json", verdicts={"robot": "x"}).read_text())
    assert written["annotators"][0]["confusion"] == [[120, 20, 10], [50, 90, 10]]
    assert written["sources"][1]["worth"]["high"] is None
    assert written["verdicts"] == {"robot": "x"} and written["format"] == 1


def test_an_undefined_figure_is_null_in_json(tmp_path):
    one_class = replace(HUMAN, per_seed={AUROC: [float("nan"), 0.5]})
    text = study(one_class).write(tmp_path / "study.json", verdicts={}).read_text()
    assert "NaN" not in text and json.loads(text)["sources"][0]["per_seed"][AUROC] == [None, 0.5]


def test_sources_are_known_by_name_and_by_kind_and_annotator():
    robot, other = source("robot", "model", 0.7), replace(source("other", "model", 0.6), annotator="other")
    whole = study(HUMAN, robot, other)
    assert whole.label_source("robot") is robot
    assert whole.of_kind("model") == [robot, other] and whole.of_kind("model", "other") == [other]
    with pytest.raises(StopIteration):
        whole.label_source("nobody")


def test_a_study_judges_by_accuracy_and_with_several_labels_by_micro_f1():
    several = replace(TASK, multi_label=True)
    assert (primary_metric(TASK), primary_metric(several)) == (ACCURACY, MICRO_F1)
    assert (study(HUMAN).measure, study(HUMAN, task=several).measure) == ("accuracy", "micro F1")


def test_a_pocket_classifier_is_known_by_its_preset():
    assert study(HUMAN, settings={"classifier": {"preset": "pocket"}}).pocket and not study(HUMAN).pocket
