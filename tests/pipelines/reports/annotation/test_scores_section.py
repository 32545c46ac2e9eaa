"""The table of figures."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

from page_words import words_of

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.scores_section import comparisons, label_modes, scores_section
from pipelines.reports.annotation.study import TaskStudy, task_studies

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


PAIRED_TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}")


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
        make_run("a", rows(50), task=PAIRED_TASK, annotator="a"),
        make_run("b", rows(20), task=PAIRED_TASK, annotator="b"),
        make_run("c", rows(52), task=PAIRED_TASK, annotator="c"),
    )
    text = words(comparisons(study))
    assert "a – b 60 +50.0 pts" in text
    assert "first better 30 / 0 < 0.001" in text
    assert "not resolved 0 / 2 0.500" in text


def test_label_modes_of_one_annotator_are_compared(make_run: Any) -> None:
    study = study_of(
        make_run("a", rows(50), task=PAIRED_TASK, mode="rank"),
        make_run("b", rows(35), task=PAIRED_TASK, mode="regex"),
        make_run("c", rows(35), task=PAIRED_TASK, mode="regex", annotator="another"),
    )
    text = words(label_modes(study))
    assert text.count("75.0%") == 1
    assert "tiny · ranking – tiny · free text" in text
    assert "another" not in text


def test_one_run_alone_says_what_a_comparison_needs(make_run: Any) -> None:
    study = study_of(make_run("a", rows(50), task=PAIRED_TASK))
    assert "needs two runs on the same rows" in comparisons(study)
    assert "two label modes" in label_modes(study)


def test_runs_on_other_rows_are_not_compared(make_run: Any) -> None:
    others = [row | {"id": f"e/{row['id']}"} for row in rows(20)]
    study = study_of(make_run("a", rows(50), task=PAIRED_TASK), make_run("b", others, task=PAIRED_TASK))
    assert "needs two runs on the same rows" in comparisons(study)
