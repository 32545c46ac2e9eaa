"""One page on filtered runs, with the rewards per data set (Figure 6 of paper B)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from actors.base import LIVE
from pipelines.markup import Markup, join, tag
from pipelines.metrics.gains import mean_estimate
from pipelines.model_sets import SCORE_WORDS, is_pocket_folder, scoring_models, short_name
from pipelines.plots.violins import Violin, violins
from pipelines.reports.filter.cases import cases_section
from pipelines.reports.filter.rows import rows_section, truth_section
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.filter.scores import scores_section
from pipelines.reports.page.run_page import RunPage, notice, steps_table
from pipelines.reports.page.tables import Cell, definitions, figure, paragraph, table
from pipelines.reports.page.wording import figure_cell

SETS = 9  # as in Figure 6


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


def rewards_section(run: FilterRun) -> Markup:
    """Violins of raw against rewritten rewards of kept rows, and the gain with its interval."""
    sets = reward_sets(run)
    if not sets:
        return paragraph("No reward was scored, or not for the raw responses; give a reward model.")
    plot = figure(
        None,
        violins(sets[:SETS], name="rewards of raw and rewritten responses by data set"),
        "Density of the rewards: raw above the line, rewritten below; bars are quartiles.",
        names=list(enumerate(("raw", "rewritten"))),
    )
    headings = ["Data set", "kept rows", "raw, mean", "rewritten, mean", "gain"]
    note = (
        "Rewards are logits: only differences on one model mean anything. In Figure 6 of the paper rewards "
        "go from −2.42 raw to −0.50 rewritten. A reward is that of the response as it was rewritten, "
        "before a paragraph was taken out."
    )
    return join(plot, table(headings, map(_line, sets)), paragraph(note, note=True))


def reward_sets(run: FilterRun) -> list[Violin]:
    """Rewards of kept rows by data set, the largest first."""
    pairs: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for row in run.rows:
        if row["status"] == LIVE and row["reward"] is not None and row["reward_original"] is not None:
            pairs[row["dataset"]].append((row["reward_original"], row["reward"]))
    sets = [
        Violin(name, *(np.array(part, float) for part in zip(*values, strict=True)))
        for name, values in pairs.items()
    ]
    return sorted(sets, key=lambda one: (-len(one.raw), one.name))


def _line(one: Violin) -> list[Cell]:
    means = [figure_cell(mean_estimate(values), 2) for values in (one.raw, one.rewritten)]
    return [one.name, len(one.raw), *means, figure_cell(mean_estimate(one.rewritten - one.raw), 2)]


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
