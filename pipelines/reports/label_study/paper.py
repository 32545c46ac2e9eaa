"""Table 1 of paper A beside ours."""

from __future__ import annotations

from actors.prompts.task import Task, load_task
from pipelines.markup import Content, Markup, join, tag
from pipelines.reports.label_study.figures import METRIC_NAMES, StudyFigures
from pipelines.reports.page.tables import paragraph, table
from pipelines.reports.page.wording import figure_cell

PAPER_TASKS = ("hateful_memes", "mm_imdb")
SAME_SET = {"hateful_memes_ranking": "hateful_memes", "mm_imdb_genres": "mm_imdb"}


def paper_table(study: StudyFigures) -> Markup:
    """Table 1 of the paper, and ours where this study is on that task."""
    tasks = [study.task] + [load_task(name) for name in PAPER_TASKS if name != study.task.name]
    rows: list[list[Content]] = []
    for task in tasks:
        for number in task.paper.get("numbers", ()):
            if "trained_on" in number:
                ours = _ours(study, number.get("annotator")) if task.name == study.task.name else "not run"
                what = f"{task.name}: {number['model']} trained on {number['trained_on']}"
                who = f", {number['annotator']}" if "annotator" in number else ""
                rows.append([what + who, f"{number['value']:.2f}", ours])
    note = (
        "Table 1 does not name its metric. We read accuracy; the 0.64 of Hateful Memes is near the 0.625 "
        "that always saying “not hateful” scores, so it may be AUROC, and both stand here."
    )
    here = f"Here: {', '.join(METRIC_NAMES[name] for name in study.label_source('human').figures)}"
    figures = table(["Figure in the paper (Table 1)", "Paper", here], rows)
    return join(figures, paragraph(note, note=True))


def paper_annotator(task: Task) -> str | None:
    """The model whose labels Table 1 of the paper trains on, for this task or another on the same set."""
    task_on_set = load_task(SAME_SET[task.name]) if task.name in SAME_SET else task
    for number in task_on_set.paper.get("numbers", ()):
        if "trained_on" in number and "annotator" in number:
            return str(number["annotator"])
    return None


def _ours(study: StudyFigures, annotator: str | None) -> Content:
    """Our figures; another annotator is named, because its figures are no reproduction."""
    sources = study.of_kind("human") if annotator is None else study.of_kind("model")
    same = [source for source in sources if annotator in (None, source.annotator)]
    lines = []
    for source in same or sources:
        cells = [figure_cell(source.figures[name], 2) for name in METRIC_NAMES if name in source.figures]
        other = "" if annotator in (None, source.annotator) else f" ({source.title}, another model)"
        lines.append(tag("li", [[cell, "; "] for cell in cells] or "not run", other))
    return tag("ul", lines, class_="plain") if lines else "not run"
