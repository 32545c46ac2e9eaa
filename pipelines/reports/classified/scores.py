"""How often a classifier's labels are people's own: figures, single labels, and confusions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics import multi_label
from pipelines.metrics.confusion import confusion_matrix, macro_f1
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import Counts, Floats, bootstrap, wilson
from pipelines.plots.confusion_map import confusion_map
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.page.tables import Cell, figure, fold, paragraph, table
from pipelines.reports.page.wording import count

MOST_ON_MAP = 20  # labels; more squares than that cannot be read
CONFUSED = 20  # lines in the table of confusions
UNJUDGED = "No row has a human label that the model knows, so nothing here says how good the labels are."


@dataclass(frozen=True)
class LabelScore:
    """One label: rows that have it by people, rows that were given it, rows with both, all judged rows."""

    name: str
    human: int
    given: int
    both: int
    rows: int

    @property
    def precision(self) -> Estimate:
        return wilson(self.both, self.given)

    @property
    def recall(self) -> Estimate:
        return wilson(self.both, self.human)

    @property
    def f1(self) -> Estimate:
        off = self.human + self.given - 2 * self.both
        return bootstrap(np.array([self.both, off, self.rows - self.both - off]), _f1)


def estimates(run: ClassifiedRun) -> dict[str, Estimate]:
    """The figures over judged rows by name; empty without such rows."""
    if not len(run.truth):
        return {}
    if run.several:
        return {
            "all labels right": multi_label.exact_matches(run.truth, run.given),
            "micro F1": multi_label.micro_f1(run.truth, run.given),
            "macro F1": multi_label.macro_f1(run.truth, run.given),
        }
    right = wilson(int(run.right.sum()), len(run.truth))
    return {"accuracy": right, "macro F1": macro_f1(confusion(run))}


def label_scores(run: ClassifiedRun) -> list[LabelScore]:
    """Every label of the model, in its order."""
    scores = []
    for place, name in enumerate(run.labels):
        human = run.truth[:, place] if run.several else run.truth == place
        given = run.given[:, place] if run.several else run.given == place
        numbers = (int(human.sum()), int(given.sum()), int((human & given).sum()))
        scores.append(LabelScore(name, *numbers, rows=len(run.truth)))
    return scores


def confusion(run: ClassifiedRun) -> Counts:
    """Rows by human label and answer; of a run with one label per row."""
    return confusion_matrix(run.truth, run.given, len(run.labels))


def scores_section(run: ClassifiedRun) -> Markup:
    """Figures with intervals, then every label, then confusions of labels."""
    if not len(run.truth):
        return paragraph(UNJUDGED)
    left = len(run.judged) - len(run.truth)
    words = f"Judged by people's labels: {count(len(run.truth), 'row')}; {left:,} not judged."
    parts: list[Content] = [
        paragraph(words),
        table(["Figure", "Value, 95 % interval"], estimates(run).items()),
    ]
    if run.several:
        parts += [tag("h3", "Every label"), _label_table(run)]
    else:
        parts += [
            tag("h3", "What was taken for what"),
            _confusion(run),
            fold("Every label", _label_table(run), open_=len(run.labels) <= 10),
        ]
    return join(parts)


def _label_table(run: ClassifiedRun) -> Markup:
    headings = ["Label", "Human", "Given", "Right when given (precision)", "Found (recall)", "F1"]
    rows: list[list[Cell]] = [
        [one.name, one.human, one.given, one.precision, one.recall, one.f1] for one in label_scores(run)
    ]
    return table(headings, rows)


def _confusion(run: ClassifiedRun) -> Markup:
    counts, labels = confusion(run)[:, :-1], run.labels
    lines = fold("Most frequent mistakes", _mistakes(counts, labels), open_=len(labels) > MOST_ON_MAP)
    if len(labels) > MOST_ON_MAP:
        return lines
    words = (
        "Percent of the rows with a human label that got each answer: every row adds up to 100. Point at a "
        "cell for its count and interval."
    )
    drawn = confusion_map(counts, labels, name="human labels against the model's")
    return join(figure(None, drawn, words), lines)


def _mistakes(counts: Counts, labels: list[str]) -> Markup:
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:CONFUSED]
    rows: list[list[Cell]] = []
    for cell in order.tolist():
        human, given = divmod(cell, len(labels))
        number, total = int(wrong[human, given]), int(counts[human].sum())
        if number:
            rows.append([f"{labels[human]} → {labels[given]}", number, wilson(number, total)])
    if not rows:
        return paragraph("None: every judged label is people's.")
    return table(["Human label → answer", "Rows", "Of the rows with this human label"], rows)


def _f1(cells: Floats) -> Floats:
    """`cells` `(B, 3)`: rows with the label rightly, rows off by it, all others."""
    with np.errstate(invalid="ignore"):
        return 2 * cells[:, 0] / (2 * cells[:, 0] + cells[:, 1])
