from __future__ import annotations

from typing import Any

import pytest

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.languages import LLAMA2_PERCENT, language_runs, language_section
from pipelines.reports.annotation.study import task_studies

TASK = Task("nli", "Which?", ("yes", "no"), "{document}")


def rows(language: str | None, right: int, total: int = 10, unanswered: int = 0) -> list[dict[str, Any]]:
    labels = ["yes" if n < right else None if n < right + unanswered else "no" for n in range(total)]
    return [
        {"id": f"{language}/{n}", "language": language, "human_label": "yes", "label": label}
        for n, label in enumerate(labels)
    ]


def test_the_shares_that_paper_a_prints_are_those_of_llama_2() -> None:
    assert [LLAMA2_PERCENT[code] for code in ("en", "de", "fr", "nl")] == [89.70, 0.17, 0.16, 0.12]


def test_a_row_per_language_with_accuracy_and_answer_rate(make_run: Any) -> None:
    mixed = rows("fr", 4, unanswered=2) + rows("en", 8) + rows("xx", 1)
    (study,) = task_studies([LabelRun.read(make_run("run", mixed, task=TASK))])
    (run,) = language_runs(study)
    assert list(run.tallies) == ["en", "fr", "xx"]
    french = run.tallies["fr"]
    assert (french.on_all.value, french.on_answered.value, french.answer_rate.value) == (0.4, 0.5, 0.8)
    assert run.against_english is not None
    assert run.against_english.value == pytest.approx(0.8 - 5 / 20)
    html = language_section([study])
    assert "English (en)" in html and "89.70%" in html and "not listed" in html


def test_runs_of_one_language_each_are_put_together(make_run: Any) -> None:
    folders = [make_run(code, rows(code, right), task=TASK) for code, right in (("de", 4), ("en", 8))]
    other = make_run("other", rows("fr", 1), task=TASK, mode="rank")
    (study,) = task_studies([LabelRun.read(folder) for folder in [*folders, other]])
    runs = language_runs(study)
    assert [list(run.tallies) for run in runs] == [["en", "de"], ["fr"]]
    assert runs[1].against_english is None


def test_without_a_second_language_the_section_says_what_it_needs(make_run: Any) -> None:
    (study,) = task_studies([LabelRun.read(make_run("run", rows(None, 5), task=TASK))])
    html = language_section([study])
    assert language_runs(study) == []
    assert "Not run: needs" in html
    assert "must mean German" in html
