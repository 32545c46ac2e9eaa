"""A classifier's confidence: its spread, calibration, and accuracy when unsure rows are left out."""

from __future__ import annotations

import numpy as np

from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.calibration import expected_calibration_error
from pipelines.metrics.coverage import CoveragePoint, accuracy_at, coverage_curve
from pipelines.metrics.intervals.estimate import undefined
from pipelines.metrics.intervals.proportions import Counts
from pipelines.plots.axes import Axis
from pipelines.plots.bars import column_chart
from pipelines.plots.lines import SHARES, Line, coverage_chart, line_chart
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.page.tables import Cell, colour_keys, figure, fold, paragraph, table
from pipelines.reports.page.wording import count, percent

BARS = 20
STYLES = ("kept", "failed", "dropped")  # right, wrong, not judged
COVERAGES = (0.25, 0.5, 0.75, 0.9, 1.0)
GROUPS = ("right", "wrong", "not judged")


def confidence_section(run: ClassifiedRun) -> Markup:
    """The spread of confidences, and where people's labels are there, calibration and coverage."""
    if not len(run.judged):
        return paragraph("No row was labelled.")
    meaning = (
        "The confidence of a row with several labels is the probability of its least sure yes or no: 50% is "
        "a guess. Right is a row whose every label is people's."
        if run.several
        else "The confidence of a row is the probability of its label, calibrated when the model was trained."
    )
    figures: list[Content] = [_spread(run)]
    tables: list[Content] = []
    if len(run.truth):
        curve = curve_of(run)
        figures += [_reliability(run), _coverage(curve)]
        tables = [_reliability_table(run), _coverage_table(curve)]
    return join(paragraph(meaning), tag("div", figures, class_="figures"), tables)


def spread(run: ClassifiedRun) -> list[Counts]:
    """Rows per bar of confidence: right, wrong, not judged."""
    judged = run.confidence[run.judged]
    groups = (judged[run.right], judged[~run.right], run.confidence[~run.judged])
    return [np.histogram(group, BARS, (0.0, 1.0))[0].astype(np.int64) for group in groups]


def curve_of(run: ClassifiedRun) -> list[CoveragePoint]:
    """Share of judged rows that keep their label against the share of right ones among them."""
    all_right = np.ones(len(run.truth), np.int32)  # of two labels, wrong and right
    confidence = run.confidence[run.judged].astype(np.float64)
    return coverage_curve(all_right, run.right.astype(np.int32), confidence)


def _spread(run: ClassifiedRun) -> Markup:
    groups = spread(run)
    words = {
        style: f"{name} {int(group.sum()):,}"
        for style, name, group in zip(STYLES, GROUPS, groups, strict=True)
        if group.any()
    }
    chart = column_chart(
        np.linspace(0.0, 1.0, BARS + 1).tolist(),
        list(zip(STYLES, (group.tolist() for group in groups), strict=True)),
        Axis("confidence →", *SHARES, "%"),
        Axis("↑ rows", 0.0, max(1.0, float(sum(groups[1:], groups[0]).max()))),
        name="rows by confidence",
        stacked=True,
        titles=[
            f"confidence {100 * place / BARS:.0f} to {100 * (place + 1) / BARS:.0f}%: {right:,} right, "
            f"{wrong:,} wrong, {unjudged:,} not judged"
            for place, (right, wrong, unjudged) in enumerate(zip(*groups, strict=True))
        ],
    )
    return figure("How sure the labels are", chart, tag("span", colour_keys(words.items()), class_="keys"))


def _reliability(run: ClassifiedRun) -> Markup:
    error = expected_calibration_error(run.reliability.bins)
    about = (
        "Every label's probability against the share of rows where people gave it"
        if run.several
        else "Confidence against the share of right labels"
    )
    words = (
        f"{about}, in tenths, with 95 % intervals. On the dashed line a probability means what it says; the "
        f"mean distance from it (expected calibration error) is {percent(error or 0.0)}."
    )
    return figure("Does the probability mean what it says?", reliability_chart(run), words)


def reliability_chart(run: ClassifiedRun) -> Markup:
    """Stated probability (across) against the share that was true (up) with its interval, a dot per bin; on
    the dashed line both are the same."""
    noun, bins = "yes or no" if run.several else "row", run.reliability.bins
    titles = [
        "stated {} on average, true {} ({} to {}), ".format(*map(percent, (one.mean, *one.share.numbers)))
        + count(one.decisions, noun)
        for one in bins
    ]
    figures = [(one.mean, one.share) for one in bins]
    dots = Line.of("", 0, figures, joined=False, dots="all", titles=titles)
    same = Line("", 0, [(0.0, 0.0), (1.0, 1.0)], style="reference")
    return line_chart(
        [same, dots],
        Axis("stated probability →", *SHARES, "%"),
        Axis("↑ share that was true", *SHARES, "%"),
        name="stated probability against truth",
    )


def _reliability_table(run: ClassifiedRun) -> Markup:
    rows: list[list[Cell]] = [
        [f"{100 * one.low:.0f} to {100 * one.high:.0f}%", one.decisions, percent(one.mean), one.share]
        for one in run.reliability.bins
    ]
    counted = "Labels decided" if run.several else "Rows"
    headings = ["Stated probability", counted, "On average", "True"]
    return fold("Calibration in figures", table(headings, rows))


def _coverage(curve: list[CoveragePoint]) -> Markup | None:
    """The section on coverage; None where all rows have one confidence: then none can be preferred."""
    if len(curve) < 2:
        return None
    words = (
        "Keeping only the labels the model is surest of. A line that falls to the right means that its "
        "confidence is worth something."
    )
    chart = coverage_chart([("this run", 0, curve)], name="share of rows kept against accuracy")
    return figure("Fewer labels, better labels", chart, words)


def _coverage_table(curve: list[CoveragePoint]) -> Markup:
    rows: list[list[Cell]] = []
    for share in COVERAGES:
        point = accuracy_at(curve, share)
        limit = "—" if point is None or point.threshold is None else f"{point.threshold:.3f}"
        rows.append([f"{100 * share:.0f}%", limit, point.accuracy if point else undefined(0, "not reached")])
    headings = ["Rows that keep their label", "At a confidence of at least", "Right"]
    return fold("Accuracy by share of rows kept", table(headings, rows))
