"""The page and the verdicts of label studies, from figures written here."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from actors.prompts.task import Task, load_task
from pipelines.metrics.coverage import CoveragePoint
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.intervals.trainings import Difference
from pipelines.metrics.worth import Worth
from pipelines.reports.label_study.figures import (
    ACCURACY,
    AUROC,
    AnnotatorFigures,
    Comparison,
    SourceFigures,
    SplitCounts,
    StudyFigures,
)
from pipelines.reports.label_study.page import render
from pipelines.reports.label_study.verdict import outcome, verdicts

TASK = Task("pets", "Cat or dog?", ("cat", "<b>dog"), "{document}", positive="<b>dog")


def about(value, half=0.02):
    return Estimate(value, value - half, value + half, 400)


def source(name, kind, value, *, difference=None, p=0.001, **fields):
    """A source whose classifiers reach `value`; human labels reach `difference` more."""
    against = {} if difference is None else {ACCURACY: Difference(about(difference, 0.03), p)}
    figures = {ACCURACY: about(value), AUROC: about(value + 0.05)}
    filled = {
        "num_labels": 300.0, "num_human": 300.0 if kind == "human" else 0.0,
        "label_accuracy": wilson(210, 300), "figures": figures, "per_seed": {ACCURACY: [value] * 3},
        "against_human": against,
    } | fields  # fmt: skip
    return SourceFigures(name, kind, name, None if "human" in kind else "robot", **filled)


def study(*sources, task=TASK, majority=0.5, seeds=(0, 1, 2), **fields):
    counts = np.array([[120, 20, 10], [50, 90, 10]])
    points = [CoveragePoint(0.9, 0.5, wilson(120, 140)), CoveragePoint(0.6, 0.93, wilson(210, 280))]
    robot = AnnotatorFigures(
        "robot", "rank", "run", 300, wilson(280, 300), wilson(210, 280), counts, points,
        {"unanswered_unparsed": 20}, {}, 60.0,
    )  # fmt: skip
    split = SplitCounts(400, dict.fromkeys(task.labels, 200), {"no_human_label": 3})
    filled = {
        "settings": {"classifier": {"preset": "mmf"}, "cleaning": "confident learning", "models": "paper"},
        "groups": 400, "majority": about(majority), "annotators": [robot], "comparisons": [],
    } | fields  # fmt: skip
    named = {"train": split, "dev": split, "test": split}
    return StudyFigures(task, named, seeds=list(seeds), sources=list(sources), **filled)


HUMAN = source("human", "human", 0.84)
WORTH = Worth(80.0, 45.0, None, 30, 300)


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


@pytest.fixture(scope="module")
def page():
    shares = [
        source(
            "human-10pct", "human_share", 0.7, difference=0.14, num_labels=30.0, num_human=30.0, share=0.1
        ),
        source(
            "human-50pct", "human_share", 0.8, difference=0.04, num_labels=150.0, num_human=150.0, share=0.5
        ),
    ]
    model = source("robot", "model", 0.75, difference=0.09, worth=WORTH)
    asked = Comparison("Does cleaning help?", "cleaned", "robot", {ACCURACY: Difference(about(0.03), 0.01)})
    everything = [
        HUMAN,
        model,
        source("cleaned", "cleaned", 0.78, difference=0.06),
        source("robot-rows", "same_rows", 0.84, difference=0.0, p=1.0, same_as="human"),
        replace(
            source("top", "filtered", 0.0), figures={}, per_seed={}, not_run="free text carries no confidence"
        ),
        *shares,
    ]
    return render(study(*everything, comparisons=[asked]))


def test_the_page_holds_every_part_the_experiment_asks_for(page):
    for words in (
        "Human labels against the others", "Noise transition matrix", "How many human labels they are worth",
        "Coverage against the share of right labels", "The paper&#x27;s figures beside ours",
        "How this was measured", "Accuracy against the number of human labels",
    ):  # fmt: skip
        assert words in page, words


def test_the_page_says_what_was_not_run_and_what_is_the_same(page):
    assert "not run: free text carries no confidence" in page
    assert "the same labels as “human”, trained once" in page


def test_data_cannot_break_the_page(page):
    assert "<b>dog" not in page and "&lt;b&gt;dog" in page
    assert not re.search(r"<script|https?://", page)


def test_the_matrix_is_of_answered_rows_and_sums_to_one_hundred(page):
    cells = [float(cell) for cell in re.findall(r'class="value">([\d.]+)%', page)]
    assert {85.7, 14.3, 35.7, 64.3} <= set(cells)  # 120, 20 of 140; 50, 90 of 140


def test_papers_figures_stand_beside_ours_and_another_model_is_named():
    task = load_task("hateful_memes")
    html = render(study(HUMAN, source("robot", "model", 0.6, difference=0.2), task=task))
    assert "hateful_memes: MMBT trained on LLM labels, instructblip-vicuna-7b" in html
    assert "(robot, another model)" in html
    assert "mm_imdb: MMBT trained on human labels" in html and "0.625" in html


def test_a_study_without_shares_has_no_curve_and_says_so():
    html = render(study(HUMAN, source("robot", "model", 0.75, difference=0.09)))
    assert "needs trainings on two numbers of human labels" in html


def test_a_task_reported_relative_to_human_labels_has_the_ratio():
    task = replace(TASK, relative=True)
    model = source("robot", "model", 0.75, difference=0.09, relative=about(0.893))
    html = render(study(HUMAN, model, task=task))
    assert "Relative to human labels" in html and "0.89" in html


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
