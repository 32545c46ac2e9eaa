"""The figures that paper A prints, beside ours where we have them. They are kept in the task files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from actors.prompts.task import Task, load_task
from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.reports.annotation.languages import language_runs
from pipelines.reports.annotation.study import TaskStudy
from pipelines.reports.page.tables import fold, table
from pipelines.reports.page.wording import figure_cell, language_name

PAPER_TASKS = ("hateful_memes", "mm_imdb", "xnli")


def paper_section(studies: Sequence[TaskStudy]) -> Markup:
    """A row per printed figure: what it is, what the paper has, and what the runs on this page have."""
    by_name = {study.task.name: study for study in studies}
    tasks = [study.task for study in studies]
    tasks += [load_task(name) for name in PAPER_TASKS if name not in by_name]
    rows: list[list[Content]] = [
        [_what(task, number), f"{number['value']:.2f}", _ours(task, number, by_name.get(task.name))]
        for task in tasks
        for number in task.paper.get("numbers", ())
    ]
    notes = [tag("li", f"{task.name}: {note}") for task in tasks for note in task.paper.get("notes", ())]
    unnumbered = fold("What the paper says without a number, and how we read it", tag("ul", notes))
    return join(table(["Figure in the paper", "Paper", "Here"], rows), unnumbered)


def _what(task: Task, number: Mapping[str, Any]) -> Content:
    parts = [f"{number.get('where', 'paper')}, {task.name}"]
    if "language" in number:
        printed = f", printed as “{number['printed_as']}”" if "printed_as" in number else ""
        parts.append(f"{language_name(number['language'])}{printed}")
    if "pretraining_percent" in number:
        parts.append(f"{number['pretraining_percent']}% of pretraining data")
    if "model" in number:
        parts.append(f"{number['model']} trained on {number.get('trained_on', '?')}")
    if "annotator" in number:
        parts.append(number["annotator"])
    return join(" · ".join(parts), tag("small", f" {number.get('metric', '')}"))


def _ours(task: Task, number: Mapping[str, Any], study: TaskStudy | None) -> Content:
    """Our figure; a different annotator is named, because its figure is no reproduction."""
    if "trained_on" in number:
        return "on the page of its own that `label-study` writes"
    annotator = number.get("annotator")
    if study is None:
        return f"not run: needs task {task.name}" + (f" with {annotator}" if annotator else "")
    measured = _measured(study, number.get("language"))
    same = [item for item in measured if item[0] == annotator]
    if not measured:
        needs = f": needs rows in {language_name(number['language'])}" if "language" in number else ""
        return f"not run{needs}"
    lines = [
        tag("li", figure_cell(estimate, 2), f" {title}" + ("" if name == annotator else ", another model"))
        for name, title, estimate in same or measured
    ]
    return tag("ul", lines, class_="plain")


def _measured(study: TaskStudy, language: str | None) -> list[tuple[str, str, Estimate]]:
    """Annotator, title and accuracy on answered rows of every run, in one language if one is given."""
    if language is None:
        return [(entry.run.annotator, entry.title, entry.scores.on_answered) for entry in study.entries]
    return [
        (run.run.annotator, run.title, run.tallies[language].on_answered)
        for run in language_runs(study)
        if language in run.tallies
    ]
