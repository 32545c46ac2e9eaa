"""One page on filtered runs."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Markup, join, tag
from pipelines.model_sets import SCORE_WORDS, is_pocket_folder, scoring_models, short_name
from pipelines.reports.filter.cases import cases_section
from pipelines.reports.filter.rewards import rewards_section
from pipelines.reports.filter.rows import rows_section
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.filter.scores import scores_section
from pipelines.reports.filter.truth import truth_section
from pipelines.reports.page.run_page import RunPage, notice, steps_table
from pipelines.reports.page.tables import definitions, paragraph


def _head(runs: Sequence[FilterRun]) -> tuple[str, Markup]:
    models = [name for run in runs for name in scoring_models(run.manifest.config).values()]
    pocket = (
        "Pocket models scored these rows: tiny ones that a laptop trains on drawn scenes. Their figures say "
        "nothing about the models of the paper."
    )
    words = (
        "A model rewrote terse annotations into polite responses. Rules and scoring models then looked for "
        "what went wrong (paper B, §4.2 and appendix D): such a row is dropped with its reason, or repaired "
        "where one paragraph alone is wrong."
    )
    warning = notice(pocket) if any(map(is_pocket_folder, models)) else None
    return "What the filters kept", join(paragraph(words), warning)


def _method(run: FilterRun) -> Markup:
    limits = [(name.replace("_", " "), str(value)) for name, value in run.limits.items()]
    scoring = scoring_models(run.manifest.config)
    models = [(SCORE_WORDS.get(role, role), short_name(name)) for role, name in scoring.items()]
    return join(steps_table(run.manifest), definitions(models), tag("h3", "Limits"), definitions(limits))


PARTS = (
    ("rows", "What was refused, and why", rows_section),
    ("truth", "Do the filters find what is wrong?", truth_section),
    ("scores", "Scores and thresholds", scores_section),
    ("rewards", "Raw against rewritten: rewards", rewards_section),
    ("cases", "Good and bad cases", cases_section),
    ("method", "How this was made", _method),
)
PAGE = RunPage("filter", "filtered run", FilterRun.read, _head, PARTS)
render, write_report = PAGE.render, PAGE.write
