from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from actors.prompts.task import Task
from pipelines.reports.annotation.case_studies import case_studies, choose_cases
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy, task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "Read: {document}\nGood or bad?", uses_image=True)


def study_of(*folders: Path) -> TaskStudy:
    (study,) = task_studies([LabelRun.read(folder) for folder in folders])
    return study


def rows(labels: list[str | None], **columns: Any) -> list[dict[str, Any]]:
    return [
        {"id": f"d/{n}", "human_label": "good", "label": label} | columns for n, label in enumerate(labels)
    ]


def test_a_case_of_every_kind_is_chosen(make_run: Any) -> None:
    first = make_run("a", rows(["good", "good", "bad", None]), task=TASK, annotator="a")
    second = make_run("b", rows(["good", "bad", "bad", "bad"]), task=TASK, annotator="b")
    cases = {case.row_id: case.why for case in choose_cases(study_of(first, second).entries)}
    assert cases == {
        "d/0": "Every run is right",
        "d/1": "The runs disagree",
        "d/2": "Every run is wrong",
        "d/3": "No label",
    }


def test_no_more_than_six_cases_and_the_same_ones_every_time(make_run: Any) -> None:
    labels = ["good", "bad", None, "good", "bad"] * 20
    first = make_run("a", rows(labels), task=TASK, annotator="a")
    second = make_run("b", rows(["good"] * 50 + ["bad"] * 50), task=TASK, annotator="b")
    cases = choose_cases(study_of(first, second).entries)
    assert len(cases) == 6
    assert cases == choose_cases(study_of(first, second).entries)


def test_rows_that_only_one_run_has_do_not_count_against_the_other(make_run: Any) -> None:
    first = make_run("a", rows(["good", "good"]), task=TASK, annotator="a")
    second = make_run("b", rows(["good", "good"])[:1], task=TASK, annotator="b")
    assert {case.why for case in choose_cases(study_of(first, second).entries)} == {"Every run is right"}


def test_a_card_shows_picture_text_instruction_truth_and_every_answer(make_run: Any, tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    shown = {"text": "A poster.", "images": ["a.png"], "language": "de"}
    first = make_run(
        "a", rows(["bad"], raw_output="Surely bad.", **shown), task=TASK, image_root=str(tmp_path)
    )
    second = make_run("b", rows([None], raw_output="Who knows?", **shown), task=TASK, mode="rank")
    html = case_studies(study_of(first, second))
    assert '<img src="data:image/jpeg' in html
    assert "A poster." in html and "Read: … Good or bad?" in html and "German (de)" in html
    assert "✗ wrong" in html and "Surely bad." in html
    assert "– no label" in html and "Who knows?" in html
    assert "no run was shown them" in html


def test_rows_without_human_labels_make_no_case(make_run: Any) -> None:
    folder = make_run("a", [{"id": "1", "label": "good"}], task=TASK)
    assert "no row with a human label" in case_studies(study_of(folder))
