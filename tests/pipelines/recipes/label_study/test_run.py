"""The whole study on three hundred small texts, with a text model in place of MMBT."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from study_parts import noisy, pets_study

from pipelines.recipes.label_study.flags import ClassifierFlags
from pipelines.recipes.label_study.run import (
    StudyPlan,
    plan_study,
    print_study,
    print_study_plan,
    run_study,
    write_study,
)
from pipelines.reports.label_study.figures import (
    ACCURACY,
)
from pipelines.reports.label_study.verdict import verdicts


def test_every_label_source_of_the_paper_and_the_issue_is_trained(done):
    _, figures, _ = done
    kinds = {source.kind for source in figures.sources if source.figures}
    assert kinds == {"human", "model", "same_rows", "filtered", "cleaned", "mixture", "human_share"}
    assert all(len(source.per_seed[ACCURACY]) == 2 for source in figures.sources)


def test_human_labels_win_over_labels_of_which_a_third_is_wrong(done):
    _, figures, _ = done
    [verdict] = verdicts(figures)
    assert verdict.outcome == "human labels win"
    found = figures.label_source("robot").against_human[ACCURACY]
    assert found.estimate.value == pytest.approx(
        figures.label_source("human").figures[ACCURACY].value
        - figures.label_source("robot").figures[ACCURACY].value
    )
    assert found.estimate.low > 0 and found.p_value < 0.05


def test_unanswered_rows_are_left_out_and_counted(done):
    _, figures, _ = done
    [robot] = figures.annotators
    unanswered = int(robot.confusion[:, -1].sum())
    assert robot.reasons == {"unanswered_unparsed": unanswered} and unanswered > 10
    assert figures.label_source("robot").num_labels == 300 - unanswered
    assert figures.label_source("robot-rows").num_labels == 300 - unanswered
    assert robot.answer_rate.value == pytest.approx((300 - unanswered) / 300)


def test_cleaning_takes_away_more_wrong_labels_than_right_ones(done):
    _, figures, _ = done
    cleaned, whole = figures.label_source("robot-cleaned"), figures.label_source("robot")
    assert cleaned.num_labels < whole.num_labels
    assert cleaned.label_accuracy.value > whole.label_accuracy.value + 0.05


def test_a_mixture_has_its_share_of_human_labels(done):
    _, figures, _ = done
    mixture = figures.label_source("robot-mix10")
    assert mixture.num_human == 30
    assert mixture.label_accuracy.value > figures.label_source("robot").label_accuracy.value


def test_the_study_is_written_as_json_and_as_a_page(done):
    study, figures, page = done
    written = json.loads((study.out / "study.json").read_text())
    assert [source["name"] for source in written["sources"]] == [source.name for source in figures.sources]
    assert written["verdicts"]["robot"].startswith("Human labels win")
    html = page.read_text()
    assert "Human labels win" not in html and "human labels win" in html
    for words in ("Noise transition matrix", "Accuracy against the number of human labels", "0.64", "0.75"):
        assert words in html
    assert not re.search(r"https?://", html)


def test_the_same_command_again_trains_nothing(done):
    study, _, page = done
    before = page.read_text()
    trained = {file: file.stat().st_mtime_ns for file in study.out.glob("*/trained/*/*/training.json")}
    labels = {file: file.stat().st_mtime_ns for file in study.out.glob("*/labels/*/*.parquet")}
    assert write_study(study, run_study(study)).read_text() == before
    assert {file: file.stat().st_mtime_ns for file in trained} == trained
    assert {file: file.stat().st_mtime_ns for file in labels} == labels


def test_a_model_that_always_says_the_same_is_not_trained_and_the_page_says_so(tmp_path):
    study = pets_study(tmp_path, lambda row: "cat", classifiers=ClassifierFlags(seeds=1, human=(0.3,)))
    figures = run_study(study)
    assert "are all “cat”" in figures.label_source("robot").not_run
    assert verdicts(figures)[0].outcome == "not run"
    assert figures.label_source("robot-mix10").figures
    assert "nothing to tell apart" in write_study(study, figures).read_text()


def test_a_model_that_is_always_right_has_the_human_labels(tmp_path):
    study = pets_study(tmp_path, lambda row: row["human_label"], classifiers=ClassifierFlags(seeds=1))
    figures = run_study(study)
    assert figures.label_source("robot").same_as == "human"
    assert figures.label_source("robot").figures == figures.label_source("human").figures
    assert "nothing to compare" in verdicts(figures)[0].words


def test_training_rows_of_one_human_label_are_refused(tmp_path):
    study = pets_study(tmp_path, noisy)
    one = replace(study, out=tmp_path / "one", splits=replace(study.splits, train_rows=1))
    with pytest.raises(ValueError, match=r"1 labels are all .*--train-rows"):
        run_study(one)


def test_a_line_for_all_training_labels_and_the_verdicts_below(done, capsys) -> None:
    _, figures, _ = done
    print_study(figures)
    out = capsys.readouterr().out
    words = " ".join(out.split())
    assert "pets: 160 test rows, 2 seeds" in words
    human, robot = figures.label_source("human"), figures.label_source("robot")
    for source in (human, robot):
        assert f"{source.num_labels:,.0f}" in words
        assert f"{100 * source.figures[ACCURACY].value:.1f}" in words
    [verdict] = verdicts(figures)
    assert out.splitlines()[-1] == f"robot: {verdict.words}"


def test_a_plan_counts_rows_and_trainings_and_writes_nothing(done, tmp_path):
    study, _, _ = done
    plan = plan_study(study)
    assert plan.rows == {"train": 300, "dev": 33, "test": 160} and plan.labelling == {"robot": None}
    # human; 5, 10 and 30 % of it; model, its rows, surest half, cleaned, mixture; two seeds, and three folds
    assert plan.trainings["human labels"] == 2 and sum(plan.trainings.values()) == 2 * (1 + 3 + 5) + 3
    assert plan.finished == 21


def test_a_plan_is_printed_line_by_line(capsys):
    plan = StudyPlan({"train": 30}, {"robot": None}, {"human labels": 2, "folds": 3}, 1, {"preset": "mmbt"})
    print_study_plan(plan)
    lines = [" ".join(line.replace("│", " ").split()) for line in capsys.readouterr().out.splitlines()]
    for words in ("train rows 30", "trainings in all 5", "finished already 1", "setting preset mmbt"):
        assert words in lines
    assert lines[-1] == "robot: labelled already"


def test_shares_given_twice_are_planned_once(done):
    study, _, _ = done
    shares = {"keep": (0.5, 0.5), "human": (0.3, 0.3, 0.05), "cleaning": "off"}
    trainings = plan_study(replace(study, classifiers=replace(study.classifiers, **shares))).trainings
    # human; 5, 10 and 30 % of it; model, its rows, surest half, mixture; two seeds
    assert sum(trainings.values()) == 2 * (1 + 3 + 4) and trainings["folds for cleaning"] == 0
