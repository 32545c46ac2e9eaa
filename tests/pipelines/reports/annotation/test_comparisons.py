from __future__ import annotations

import re
from html import unescape
from typing import Any

from actors.prompts.task import Task
from pipelines.reports.annotation.comparisons import comparisons, label_modes
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy, task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}")


def rows(right: int, total: int = 60) -> list[dict[str, Any]]:
    return [
        {"id": f"d/{n:02d}", "human_label": "good", "label": "good" if n < right else "bad"}
        for n in range(total)
    ]


def study_of(*folders: Any) -> TaskStudy:
    (study,) = task_studies([LabelRun.read(folder) for folder in folders])
    return study


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_a_clear_difference_is_called_and_a_small_one_is_not(make_run: Any) -> None:
    study = study_of(
        make_run("a", rows(50), task=TASK, annotator="a"),
        make_run("b", rows(20), task=TASK, annotator="b"),
        make_run("c", rows(52), task=TASK, annotator="c"),
    )
    text = words(comparisons(study))
    assert "a – b 60 +50.0 pts" in text
    assert "first better 30 / 0 < 0.001" in text
    assert "not resolved 0 / 2 0.500" in text


def test_label_modes_of_one_annotator_are_compared(make_run: Any) -> None:
    study = study_of(
        make_run("a", rows(50), task=TASK, mode="rank"),
        make_run("b", rows(35), task=TASK, mode="regex"),
        make_run("c", rows(35), task=TASK, mode="regex", annotator="another"),
    )
    text = words(label_modes(study))
    assert text.count("75.0%") == 1
    assert "tiny · ranking – tiny · free text" in text
    assert "another" not in text


def test_one_run_alone_says_what_a_comparison_needs(make_run: Any) -> None:
    study = study_of(make_run("a", rows(50), task=TASK))
    assert "needs two runs on the same rows" in comparisons(study)
    assert "two label modes" in label_modes(study)


def test_runs_on_other_rows_are_not_compared(make_run: Any) -> None:
    others = [row | {"id": f"e/{row['id']}"} for row in rows(20)]
    study = study_of(make_run("a", rows(50), task=TASK), make_run("b", others, task=TASK))
    assert "needs two runs on the same rows" in comparisons(study)
