"""The exact settings of every run."""

from __future__ import annotations

from typing import Any

from page_words import words_of

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.method import method_section
from pipelines.reports.annotation.study import task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "Read {document}.\nGood or bad?")


def section(make_run: Any, **config: Any) -> str:
    folder = make_run("run", [{"id": "a", "label": "good"}], task=TASK, **config)
    return words_of(method_section(task_studies([LabelRun.read(folder)])))


def test_what_a_run_was_asked_and_how_stands_in_it(make_run: Any) -> None:
    text = section(make_run, mode="rank", params={"temperature": 0.5, "top_k": 3}, examples=2)
    assert "mood: tiny" in text and "Read {document}. Good or bad?" in text
    assert "temperature=0.5, top_k=3" in text and "Examples, calibration 2, False" in text
    assert "Engine, seed transformers, 0" in text and "python -m pipelines annotate" in text
    assert "float32; a row's answer does not depend on its batch" in text


def test_what_an_old_run_did_not_record_is_said(make_run: Any) -> None:
    text = section(make_run, engine="not recorded", params=None)
    assert "Engine, seed not recorded, 0" in text and "Code not recorded" in text


def test_every_figure_and_every_mode_is_explained(make_run: Any) -> None:
    text = section(make_run)
    for words in ("Accuracy on answered right labels / answered rows", "95 % intervals Wilson", "Free text"):
        assert words in text
