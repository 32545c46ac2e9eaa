"""How much more people would like the rewritten responses, per data set (Figure 6 of paper B)."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from actors.base import LIVE
from pipelines.markup import Content, Markup, join
from pipelines.metrics.gains import mean_estimate
from pipelines.plots.violins import Violin, violins
from pipelines.reports.filter.run import FilterRun
from pipelines.reports.page.tables import figure, paragraph, table
from pipelines.reports.page.wording import figure_cell

SETS = 9  # as in Figure 6


def rewards_section(run: FilterRun) -> Markup:
    """Violins of raw against rewritten rewards of kept rows, and the gain with its interval."""
    sets = reward_sets(run)
    if not sets:
        return paragraph("No reward was scored, or not for the raw responses; give a reward model.")
    lines = [_line(one) for one in sets]
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
    return join([plot, table(headings, lines), paragraph(note, note=True)])


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


def _line(one: Violin) -> list[Content]:
    means = [figure_cell(mean_estimate(values), 2) for values in (one.raw, one.rewritten)]
    return [one.name, f"{len(one.raw):,}", *means, figure_cell(mean_estimate(one.rewritten - one.raw), 2)]
