from __future__ import annotations

import re
from html import unescape
from typing import Any

from actors.prompts.task import Task, load_task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.paper.numbers import paper_section
from pipelines.reports.annotation.study import task_studies


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def section(*folders: Any) -> str:
    return words(paper_section(task_studies([LabelRun.read(folder) for folder in folders])))


def xnli_rows() -> list[dict[str, Any]]:
    return [
        {"id": f"xnli/{code}/{n}", "language": code, "human_label": "neutral", "label": label}
        for code in ("en", "de")
        for n, label in enumerate(["neutral", "neutral", "neutral", "entailment"])
    ]


def test_all_printed_figures_are_there_and_say_what_they_need(make_run: Any) -> None:
    task = Task("mood", "Good or bad?", ("bad", "good"), "{document}")
    text = section(make_run("run", [{"id": "1", "label": "good"}], task=task))
    for figure in ("0.41", "0.42", "0.53", "0.64", "0.60", "0.84", "0.75"):
        assert figure in text
    assert text.count("on the page of its own that `label-study` writes") == 4
    assert text.count("not run: needs task xnli with vicuna-13b-v1.5") == 3
    assert "German (de), printed as “Dutch”" in text


def test_our_figure_stands_beside_the_papers(make_run: Any) -> None:
    text = section(make_run("run", xnli_rows(), task=load_task("xnli"), annotator="vicuna-13b-v1.5"))
    assert "0.53 0.75 0.30 to 0.95 vicuna-13b-v1.5" in text
    assert "another model" not in text
    assert "not run: needs rows in French (fr)" in text


def test_another_model_is_named_as_such(make_run: Any) -> None:
    text = section(make_run("run", xnli_rows(), task=load_task("xnli"), annotator="smollm2-135m"))
    assert "smollm2-135m, another model" in text
