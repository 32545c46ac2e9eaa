"""One page on filtered runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipelines.markup import Markup, join, tag
from pipelines.model_sets import SCORE_WORDS, is_pocket_folder, scoring_models, short_name
from pipelines.reports.filter.cases import cases_section
from pipelines.reports.filter.rewards import rewards_section
from pipelines.reports.filter.rows import rows_section
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.filter.scores import scores_section
from pipelines.reports.filter.truth import truth_section
from pipelines.reports.page.run_page import (
    closing_words,
    notice,
    run_folders,
    save_page,
    sections_by_run,
    steps_table,
)  # fmt: skip
from pipelines.reports.page.skeleton import page
from pipelines.reports.page.tables import definitions, paragraph
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
    models = [name for run in runs for name in scoring_models(run.manifest.config).values()]
    words = (
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
            notice(words) if any(map(is_pocket_folder, models)) else None,
        ]
    )


def _method(run: FilterRun) -> Markup:
    limits = [(name.replace("_", " "), str(value)) for name, value in run.limits.items()]
    scoring = scoring_models(run.manifest.config)
    models = [(SCORE_WORDS.get(role, role), short_name(name)) for role, name in scoring.items()]
    return join([steps_table(run.manifest), definitions(models), tag("h3", "Limits"), definitions(limits)])
