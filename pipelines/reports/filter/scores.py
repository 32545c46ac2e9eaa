"""Scores that thresholds judge: where they lie, and what another threshold would cost."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.intervals.proportions import wilson
from pipelines.plots.axes import Axis, Reference
from pipelines.plots.bars import column_chart
from pipelines.plots.lines import SHARES, Line, line_chart
from pipelines.reports.filter.run import FilterRun, Judged
from pipelines.reports.page.tables import Cell, figure, paragraph, table
from pipelines.reports.page.wording import count

Floats = NDArray[np.float64]
Group = tuple[str, Floats]
STEPS = 4  # thresholds in the table on each side of the limit
BINS, CURVE = 30, 120


@dataclass(frozen=True)
class Judgement:
    """A score with its limit: `above` says whether items over the limit are taken out, or under it."""

    title: str
    noun: str
    flag: str
    limit: float
    step: float
    items: Sequence[Judged]
    above: bool = False

    def refused(self, threshold: float) -> list[Judged]:
        """The items that `threshold` takes out; a score on it stays."""
        if self.above:
            return [item for item in self.items if item.score > threshold]
        return [item for item in self.items if item.score < np.float32(threshold)]


def judgements(run: FilterRun) -> list[Judgement]:
    """Every score of the run that has a threshold and at least one item."""
    limits = run.limits
    lead, flag = limits["max_contradiction_lead"], "--max-contradiction-lead"
    title = "Similarity to the raw caption"
    judgements = [
        Judgement(title, "caption", "--min-sts", limits["min_sts"], 0.05, run.similarities()),
        Judgement("Lead of contradiction", "answer", flag, lead, 0.5, run.leads(), above=True),
    ]
    if run.paragraph_scores is not None:
        column, limit = run.paragraph_scores
        clip = column == "paragraph_clip_scores"
        title = "Paragraph and picture: " + ("CLIPScore" if clip else "BLIP-2 matching")
        flag = f"--{limit.replace('_', '-')}"
        items = run.paragraphs()
        judgements.insert(1, Judgement(title, "paragraph", flag, limits[limit], 1.0 if clip else 5.0, items))
    return [judgement for judgement in judgements if judgement.items]


def scores_section(run: FilterRun) -> Markup:
    """A figure and a sweep per score."""
    found = judgements(run)
    if not found:
        return paragraph("No score was taken, so there is no threshold to move.")
    folder = shlex.quote(str(run.manifest.path))
    command = f"python -m pipelines filter {folder} --from-scores {found[0].flag} VALUE --out NEW_FOLDER"
    way = paragraph(
        "Scores are kept with every row, so a threshold is moved in seconds and without a model: ",
        tag("code", command),
        ". Judged are rows that passed the rules.",
    )
    return join(way, map(_one, found))


def _one(judgement: Judgement) -> Markup:
    groups = _groups(judgement)
    names = [(number, words) for number, (words, _) in enumerate(groups)]
    figures = (
        (_histogram(judgement, groups), "How the scores lie, each group as a share of its own."),
        (_cost_curve(judgement, groups), "Share taken out (up) by threshold (across)."),
    )
    stricter = judgement.limit + (-judgement.step if judgement.above else judgement.step)
    all_judged, now = len(judgement.items), len(judgement.refused(judgement.limit))
    words = f"{count(all_judged, judgement.noun)} judged. At {judgement.limit:g} you lose "
    words += f"{count(now, judgement.noun)}, at {stricter:g} {len(judgement.refused(stricter)):,}."
    return join(
        tag("h3", judgement.title),
        paragraph(words),
        tag("div", [figure(None, *one, names=names) for one in figures], class_="figures"),
        _sweep(judgement),
    )


def _histogram(judgement: Judgement, groups: Sequence[Group]) -> Markup:
    """Bars of one or two groups of scores, each as a share of its own, and the limit as a line."""
    x = _axis(judgement, room=0.02)
    edges = np.linspace(x.low, x.high, BINS + 1)
    shares = [np.histogram(scores, edges)[0] / max(1, len(scores)) for _, scores in groups]
    layers = [(f"bar series-{number}", share.tolist()) for number, share in enumerate(shares)]
    y = Axis("↑ share of the group", 0.0, max(float(share.max()) for share in shares) or 1.0, "%")
    name, limit = f"histogram: {judgement.title}", [_limit(judgement)]
    return column_chart(edges.tolist(), layers, x, y, name=name, references=limit)


def _cost_curve(judgement: Judgement, groups: Sequence[Group]) -> Markup:
    """Shares (up) that a threshold (across) would take out, one line per group."""
    x = _axis(judgement)
    thresholds = np.linspace(x.low, x.high + 1e-6, CURVE)
    lines = []
    for number, (words, scores) in enumerate(groups):
        below = np.searchsorted(np.sort(scores), thresholds, side="right" if judgement.above else "left")
        costs = 1 - below / len(scores) if judgement.above else below / len(scores)
        lines.append(Line(words, number, list(zip(thresholds.tolist(), costs.tolist(), strict=True))))
    name = f"share taken out by threshold: {judgement.title}"
    y = Axis("↑ share taken out", *SHARES, "%")
    return line_chart(lines, x, y, name=name, references=[_limit(judgement)])


def _axis(judgement: Judgement, room: float = 0.0) -> Axis:
    scores = [item.score for item in judgement.items]
    return Axis.over("score, threshold →", [*scores, judgement.limit], room=room)


def _limit(judgement: Judgement) -> Reference:
    return Reference(f"limit {judgement.limit:g}".replace("-", "−"), judgement.limit)


def _groups(judgement: Judgement) -> list[Group]:
    good = [item.score for item in judgement.items if not item.wrong]
    wrong = [item.score for item in judgement.items if item.wrong]
    noun = f"{judgement.noun}s"
    named = [(noun if not wrong else f"good {noun}", good), (f"{noun} with a planted fault", wrong)]
    return [(f"{words} ({len(scores):,})", np.array(scores, float)) for words, scores in named if scores]


def _sweep(judgement: Judgement) -> Markup:
    planted = sum(bool(item.wrong) for item in judgement.items)
    headings = ["Threshold", f"{judgement.noun}s taken out", "share"]
    headings += ["planted faults found", "taken out rightly"] if planted else []
    lines: list[list[Cell]] = []
    for place in range(-STEPS, STEPS + 1):
        threshold = round(judgement.limit + place * judgement.step, 6)
        lost = judgement.refused(threshold)
        shown: Content = tag("strong", f"{threshold:g} (now)") if place == 0 else f"{threshold:g}"
        lines.append([shown, len(lost), wilson(len(lost), len(judgement.items))])
        if planted:
            right = sum(bool(item.wrong) for item in lost)
            lines[-1] += [wilson(right, planted), wilson(right, len(lost))]
    return table(headings, lines, caption=f"What another {judgement.flag} would do")
