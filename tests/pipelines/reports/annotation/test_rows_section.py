from __future__ import annotations

from typing import Any

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.rows_section import overview, rows_section, sentences, unlabelled_section
from pipelines.reports.annotation.study import TaskStudy, task_studies

ROWS = [
    *({"id": f"k{n}", "label": "good", "human_label": "good"} for n in range(3)),
    {"id": "r1", "label": None, "answer_kind": "refused", "human_label": "bad"},
    {"id": "r2", "label": None, "answer_kind": "refused"},
    {"id": "f1", "status": "failed", "reason": "missing_image", "detail": "no file"},
    {"id": "f2", "status": "failed", "reason": "never_seen_before", "detail": "x"},
    {"id": "u1", "label": "bad", "human_label": "unsure"},
]
TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}")


def study_of(make_run: Any, rows: list[dict[str, Any]], **config: Any) -> TaskStudy:
    (study,) = task_studies([LabelRun.read(make_run("run", rows, task=TASK, **config))])
    return study


def test_the_first_words_say_what_became_of_the_rows(make_run: Any) -> None:
    study = study_of(make_run, ROWS, run={"limit": 8})
    assert sentences(study.entries[0]) == (
        "tiny was given 8 rows of three rows (text only, --limit 8). "
        "4 (50.0%) got a label, 2 got none and 2 failed before an answer."
    )


def test_every_reason_is_named_in_words_and_by_code(make_run: Any) -> None:
    html = rows_section(study_of(make_run, ROWS))
    assert "the model declined to answer <code>unanswered_refused</code>" in html
    assert "the picture file is missing <code>missing_image</code>" in html
    assert "never seen before <code>never_seen_before</code>" in html


def test_rows_without_a_human_label_are_counted_and_not_scored(make_run: Any) -> None:
    html = rows_section(study_of(make_run, ROWS))
    assert "Scored against human labels: 4 rows. 2 rows have no human label of this task" in html
    assert "Of these, 1 carry a human label that is not in the task&#x27;s list." in html


def test_free_answers_that_give_a_reason_are_counted(make_run: Any) -> None:
    rows = [row | {"reason_text": "because"} if row["id"] in ("k1", "r1") else row for row in ROWS]
    assert "1 of the labelled answers (25.0%) also gave a reason." in rows_section(study_of(make_run, rows))


def test_a_run_that_labelled_everything_says_so(make_run: Any) -> None:
    assert "Every row got a label." in rows_section(study_of(make_run, ROWS[:3]))


def test_a_run_without_rows_is_no_division_by_zero(make_run: Any) -> None:
    study = study_of(make_run, [])
    assert "given 0 rows" in rows_section(study)
    assert "0 got a label" in overview([study])


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
