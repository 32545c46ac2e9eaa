from __future__ import annotations

from typing import Any

import pytest
from sklearn.metrics import roc_auc_score

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy, task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}\nGood or bad?", positive="good")
TRUTH = ["bad", "good", "good", "bad", "good", None]


def rows(labels: list[str | None], **columns: list[Any]) -> list[dict[str, Any]]:
    return [
        {"id": f"d/{n}", "human_label": truth, "label": label}
        | {key: values[n] for key, values in columns.items()}
        for n, (truth, label) in enumerate(zip(TRUTH, labels, strict=True))
    ]


def study_of(*folders: Any) -> TaskStudy:
    (study,) = task_studies([LabelRun.read(folder) for folder in folders])
    return study


def test_the_figures_of_five_rows(make_run: Any) -> None:
    folder = make_run("run", rows(["bad", "good", "bad", None, "good", "good"]), task=TASK)
    scores = study_of(folder).entries[0].scores
    assert scores.answer_rate.value == pytest.approx(5 / 6)
    assert scores.on_answered.value == pytest.approx(3 / 4)
    assert scores.on_all.value == pytest.approx(3 / 5)
    assert scores.macro_f1.value == pytest.approx((2 / 4 + 4 / 5) / 2)
    assert scores.confusion.tolist() == [[1, 0, 1], [1, 2, 0]]
    assert (scores.auroc.value, scores.auroc_from) == (pytest.approx(5 / 6), "from the labels alone")


def test_ranked_runs_rank_by_the_scores_of_all_labels(make_run: Any) -> None:
    scores = [[-1.0, -3.0], [-2.0, -1.0], [-1.0, -2.0], [-1.0, -1.5], [-3.0, -0.5], [-1.0, -1.0]]
    labels = ["bad", "good", "bad", "bad", "good", "bad"]
    folder = make_run("run", rows(labels, label_scores=scores), task=TASK, mode="rank")
    found = study_of(folder).entries[0].scores
    margins = [high - low for low, high in scores[:5]]
    assert found.auroc.value == pytest.approx(roc_auc_score([t == "good" for t in TRUTH[:5]], margins))
    assert found.auroc_from == "from all scores"


def test_constrained_runs_rank_by_the_confidence(make_run: Any) -> None:
    confidence = [
        0.9,
        0.08,
        0.06,
        0.07,
        0.055,
        0.5,
    ]  # probabilities of the words: they need not pass one half
    folder = make_run(
        "run", rows(["bad", "good", "bad", "good", "good", "bad"], confidence=confidence), task=TASK
    )
    found = study_of(folder).entries[0].scores
    assert found.auroc.value == pytest.approx(
        roc_auc_score([0, 1, 1, 0, 1], [-0.9, 0.08, -0.06, 0.07, 0.055])
    )
    assert found.auroc_from == "from the confidence"


def test_one_class_has_no_auroc_and_does_not_stop_the_report(make_run: Any) -> None:
    one = [{"id": f"d/{n}", "human_label": "good", "label": "good"} for n in range(3)]
    auroc = study_of(make_run("run", one, task=TASK)).entries[0].scores.auroc
    assert auroc.value is None
    assert "one class" in auroc.note


def test_many_labels_have_the_mean_of_one_against_the_rest(make_run: Any) -> None:
    task = Task("three", "Which?", ("a", "b", "c"), "{document}")
    given = [{"id": f"d/{n}", "human_label": "abc"[n % 3], "label": "abc"[n % 3]} for n in range(9)]
    study = study_of(make_run("run", given, task=task))
    assert study.entries[0].scores.auroc.value == 1.0
    assert study.auroc_of == "one label against the rest, mean over labels"


def test_pairs_are_compared_on_the_rows_they_share(make_run: Any) -> None:
    first = make_run("first", rows(["bad", "good", "good", "bad", "good", "good"]), task=TASK, annotator="a")
    second = make_run(
        "second", rows(["bad", "bad", None, "bad", "good", "good"])[1:], task=TASK, annotator="b"
    )
    (pair,) = study_of(first, second).pairs
    assert (pair.rows, pair.scored) == (5, 4)
    assert pair.accuracy.difference.value == pytest.approx(2 / 4)
    assert pair.answered.difference.value == pytest.approx(1 / 5)
    assert pair.agreement.same.value == pytest.approx(3 / 4)
    turned = pair.turned()
    assert turned.first.run.annotator == "b"
    assert turned.accuracy.difference.value == pytest.approx(-2 / 4)
    assert turned.accuracy.difference.low == pytest.approx(-pair.accuracy.difference.high)


def test_runs_of_other_tasks_are_other_studies(make_run: Any) -> None:
    other = Task("other", "Good or bad?", ("bad", "good"), "{document}")
    folders = [make_run(str(n), rows(["bad"] * 6), task=task) for n, task in enumerate((TASK, other, TASK))]
    studies = task_studies([LabelRun.read(folder) for folder in folders])
    assert [(study.task.name, len(study.entries)) for study in studies] == [("mood", 2), ("other", 1)]


def test_titles_tell_runs_apart(make_run: Any) -> None:
    labels = rows(["bad"] * 6)
    folders = [
        make_run("one", labels, task=TASK, mode="rank"),
        make_run("two", labels, task=TASK, mode="rank"),
        make_run("three", labels, task=TASK, mode="regex", use_images=True),
        make_run("four", labels, task=TASK, mode="rank", examples=6),
        make_run("five", labels, task=TASK, mode="rank", annotator="another"),
    ]
    assert [entry.title for entry in study_of(*folders).entries] == [
        "tiny · ranking · no picture (one)",
        "tiny · ranking · no picture (two)",
        "tiny · free text · with picture",
        "tiny · ranking · no picture · 6 examples",
        "another · ranking",
    ]


def test_a_title_says_no_more_than_it_has_to(make_run: Any) -> None:
    labels = rows(["bad"] * 6)
    folders = [make_run(name, labels, task=TASK, annotator=name) for name in ("a", "b")]
    assert [entry.title for entry in study_of(*folders).entries] == ["a", "b"]


def test_the_most_frequent_human_label_is_the_bar_to_beat(make_run: Any) -> None:
    study = study_of(make_run("run", rows(["bad"] * 6), task=TASK))
    assert (study.majority_label, study.majority.value) == ("good", pytest.approx(3 / 5))


def test_no_human_labels_at_all_leave_everything_undefined(make_run: Any) -> None:
    given = [{"id": "d/1", "label": "good"}, {"id": "d/2", "label": None}]
    study = study_of(make_run("run", given, task=TASK))
    scores = study.entries[0].scores
    assert study.majority_label is None
    assert [scores.on_all.value, scores.macro_f1.value, scores.auroc.value] == [None, None, None]
    assert scores.answer_rate.value == 0.5
