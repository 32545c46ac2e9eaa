"""The realism check of a distortion run, drawn."""

from __future__ import annotations

from pipelines.markup import Content, Markup, join
from pipelines.metrics.realism_check import OVERALL, POLITE, RAW, RealismLine, read_realism
from pipelines.plots.axes import Reference
from pipelines.plots.bars import Bar, bar_chart
from pipelines.reports.distortion.run import NAMES, DistortionRun
from pipelines.reports.page.tables import figure, paragraph, table
from pipelines.reports.page.wording import figure_cell

TITLES = {OVERALL: "All distorted rows", POLITE: "Polite, before distortion", RAW: "Raw against raw", **NAMES}
MEANING = (
    "A classifier (logistic regression on n-grams of characters, and on length, case and punctuation) "
    "learns to tell these texts from real raw annotations, and is judged on texts it did not see. Its AUROC "
    "is 50% where they are alike and 100% where every text gives itself away. The polite responses show how "
    "far there was to go, one half of the raw annotations against the other shows what alike looks like. "
    "Every task has as many texts of one kind as of the other. Thin bar: by length, case and punctuation "
    "alone."
)


def realism_section(run: DistortionRun) -> Markup:
    """Bars with 95 % intervals and their table, or how to measure it."""
    measured = read_realism(run.manifest.path)
    if measured is None:
        words = "Not measured. Run the same command again with --realism-against and a set of raw "
        return paragraph(words + "annotations.", note=True)
    against, lines = measured
    chart = bar_chart(
        [_bar(line, number) for number, line in enumerate(lines)],
        [Reference("alike: 50%", 0.5)],
        unit="%",
        name="How well a classifier tells distorted texts from raw annotations",
    )
    plot = figure(None, chart, f"Against the raw annotations of {against}.")
    headings = ["Texts", "Of each kind", "AUROC", "AUROC by the surface alone"]
    rows: list[list[Content]] = [
        [
            TITLES.get(line.name, line.name),
            line.texts,
            figure_cell(line.everything),
            figure_cell(line.surface),
        ]
        for line in lines
    ]
    return join(paragraph(MEANING), plot, table(headings, rows))


def _bar(line: RealismLine, number: int) -> Bar:
    value = line.everything.value
    text = line.everything.note if value is None else f"{100 * value:.0f}%"
    return Bar(TITLES.get(line.name, line.name), line.everything, line.surface, text, number)
