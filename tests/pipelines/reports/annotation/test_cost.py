from __future__ import annotations

import json
import re
from typing import Any

from actors.prompts.task import Task
from pipelines.reports.annotation.cost import cost_section
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import task_studies

TASK = Task("mood", "Good or bad?", ("bad", "good"), "{document}")
ROWS = [{"id": str(n), "label": "good"} for n in range(10)]


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
