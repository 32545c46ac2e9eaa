"""The table of figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from page_words import words_of

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.scores_section import scores_section
from pipelines.reports.annotation.study import task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}", positive="good")
RELATIVE = Task("mood", "Good or bad?", ("bad", "good"), "{document}", positive="good", relative=True)
ROWS = [
    {"id": str(n), "human_label": human, "label": label}
    for n, (human, label) in enumerate([("good", "good"), ("good", "bad"), ("bad", "bad"), ("good", None)])
]


def section(folder: Path) -> str:
    (study,) = task_studies([LabelRun.read(folder)])
    return words_of(scores_section(study))


def test_every_run_has_its_figures_and_what_they_are_measured_against(make_run: Any) -> None:
    text = section(make_run("run", ROWS, task=TASK))
    assert "75.0% 30.1 to 95.4 66.7%" in text  # answered, right of these
    assert "Always answering “good” would be right on 75.0%" in text
    assert "from the labels alone" in text and "Relative" not in text


def test_without_human_labels_nothing_is_scored(make_run: Any) -> None:
    assert "nothing is scored" in section(make_run("run", [{"id": "a", "label": "good"}], task=TASK))


def test_a_relative_task_says_what_it_needs_and_has_its_ratio_once_it_is_there(
    make_run: Any, tmp_path: Path
) -> None:
    assert "needs --baseline FILE" in section(make_run("none", ROWS, task=RELATIVE))
    file = tmp_path / "baseline.csv"
    file.write_text("id,label\n0,good\n1,bad\n2,bad\n3,bad\n")
    text = section(make_run("run", ROWS, task=RELATIVE, baseline=str(file)))
    assert "Relative to the supervised model on the same rows" in text
    assert "50.0% 15.0 to 85.0 1.00" in text  # on the answered rows as good as it
