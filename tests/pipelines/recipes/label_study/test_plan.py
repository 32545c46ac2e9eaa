"""What a plan counts, and that it writes nothing."""

from __future__ import annotations

from dataclasses import replace

from pipelines.recipes.label_study.plan import StudyPlan, plan_study, print_study_plan


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
