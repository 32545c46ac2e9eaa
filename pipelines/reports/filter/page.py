"""One page on filtered runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.exports.card import model_names
from pipelines.lineage import runs_behind
from pipelines.markup import Markup, join, tag
from pipelines.reports.filter.cases import cases_section
from pipelines.reports.filter.rewards import rewards_section
from pipelines.reports.filter.rows import rows_section
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.filter.scores import scores_section
from pipelines.reports.filter.truth import truth_section
from pipelines.reports.filter.words import MODEL_WORDS
from pipelines.reports.page.run_page import closing_words, run_folders, save_page, sections_by_run
from pipelines.reports.page.skeleton import page
from pipelines.reports.page.tables import definitions, paragraph, table
from pipelines.reports.page.wording import count

TITLE = "What the filters kept"
PARTS = (
    ("rows", "What was refused, and why", rows_section),
    ("truth", "Do the filters find what is wrong?", truth_section),
    ("scores", "Scores and thresholds", scores_section),
    ("rewards", "Raw against rewritten: rewards", rewards_section),
    ("cases", "Good and bad cases", cases_section),
)


def write_report(run_dirs: Sequence[Path], out: Path) -> Path:
    """The HTML file, one self-contained page on the filtered runs in `run_dirs`.

    Raises:
        ValueError: no folders, one twice, or one that holds no filtered run.
    """
    runs = [FilterRun.read(folder) for folder in run_folders(run_dirs, "filter")]
    return save_page(render(runs), out, count(len(runs), "filtered run"))


def render(runs: Sequence[FilterRun]) -> Markup:
    """The page as text."""
    sections = sections_by_run(runs, [*PARTS, ("method", "How this was made", _method)])
    return page(TITLE, _lead(runs), sections, closing_words([run.manifest for run in runs]))


def _lead(runs: Sequence[FilterRun]) -> Markup:
    pocket = any("/pocket/" in str(run.manifest.config["filtering"]["scoring"].values()) for run in runs)
    notice = (
        "Pocket models scored these rows: tiny ones that a laptop trains on drawn scenes. Their figures say "
        "nothing about the models of the paper."
    )
    return join(
        [
            paragraph(
                "A model rewrote terse annotations into polite responses. Rules and scoring models then "
                "looked for what went wrong (paper B, §4.2 and appendix D): such a row is dropped with its "
                "reason, or repaired where one paragraph alone is wrong."
            ),
            tag("div", paragraph(notice), class_="notice") if pocket else None,
        ]
    )


def _method(run: FilterRun) -> Markup:
    config = run.manifest.config
    limits = [(name.replace("_", " "), str(value)) for name, value in run.limits.items()]
    models = [(MODEL_WORDS.get(role, role), name) for role, name in model_names(config).items()]
    steps = [
        [step.name, step.path.name, step.created, f"{step.rows['in']:,}", f"{step.rows['kept']:,}"]
        for step in (*reversed(runs_behind(run.manifest)), run.manifest)
    ]
    return join(
        [
            table(
                ["Step", "folder", "finished", "rows in", "kept"], steps, caption="Where the rows came from"
            ),
            definitions(models),
            tag("h3", "Limits"),
            definitions(limits),
        ]
    )
