from __future__ import annotations

from typing import Any

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import task_studies
from pipelines.reports.annotation.unlabelled_section import unlabelled_section

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}")


def section(make_run: Any, rows: list[dict[str, Any]]) -> str:
    (study,) = task_studies([LabelRun.read(make_run("run", rows, task=TASK))])
    return unlabelled_section(study)


def test_unanswered_rows_are_told_apart_by_kind_with_examples(make_run: Any) -> None:
    rows: list[dict[str, Any]] = [{"id": f"k{n}", "label": "good"} for n in range(6)]
    rows += [
        {
            "id": f"o{n}",
            "label": None,
            "answer_kind": "off_list",
            "text": f"text {n}",
            "raw_output": f"Fine {n}.",
        }
        for n in range(4)
    ]
    html = section(make_run, rows)
    assert "4 = " in html and "40.0%" in html
    assert "off list: the answer names something that is not one of the labels" in html
    assert html.count("<blockquote>") == 3
    assert "text 0" in html and "Fine 3." in html
    assert "refused" not in html


def test_failed_rows_show_their_reason_and_detail(make_run: Any) -> None:
    html = section(
        make_run,
        [
            {"id": "k", "label": "good"},
            {"id": "f", "status": "failed", "reason": "http_500", "detail": "<h1>oops</h1>", "text": None},
        ],
    )
    assert "Every answer held a label." in html
    assert "<code>http_500</code> 1 row" in html
    assert "&lt;h1&gt;oops" in html and "<h1>" not in html
    assert "(no text)" in html
