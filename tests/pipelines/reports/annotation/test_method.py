"""The exact settings of every run."""

from __future__ import annotations

import json
import re
from typing import Any

from page_words import words_of

from actors.prompts.task import Task
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.method import cost_section, method_section
from pipelines.reports.annotation.study import task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "Read {document}.\nGood or bad?")
ROWS = [{"id": str(n), "label": "good"} for n in range(10)]


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


def cells(make_run: Any, **timings: Any) -> list[str]:
    folder = make_run("run", ROWS, task=TASK)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["timings"] |= timings
    (folder / "manifest.json").write_text(json.dumps(manifest))
    html = cost_section(task_studies([LabelRun.read(folder)]))
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td.*?</td>", html)]


def test_rates_are_those_of_the_stage_with_most_work(make_run: Any) -> None:
    stages = [
        {"name": "ImageReader", "rows": 10, "busy_s": 1.0, "workers": 1, "gpus": 0.0},
        {"name": "LabelAnnotator", "rows": 10, "busy_s": 10.0, "workers": 2, "gpus": 0.5},
    ]
    # 10 rows in 10 / 2 seconds, 40 tokens read and 5 written per row.
    assert cells(make_run, stages=stages) == [
        "10", "60 s", "2.00", "80", "10", "6 days, 138.9 GPU hours",
    ]  # fmt: skip


def test_a_resumed_run_says_that_its_time_is_the_last_starts(make_run: Any) -> None:
    assert cells(make_run, runs=3)[1] == "60 s (the last of 3 starts)"


def test_a_run_without_timings_has_no_rates(make_run: Any) -> None:
    assert cells(make_run, stages=[]) == ["10", "60 s", "—", "—", "—", "—"]
