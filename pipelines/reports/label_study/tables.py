"""The tables of a label study, those of the labels themselves included."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.markup import Content, Markup, join, tag
from pipelines.metrics.confusion import answer_rates, transition
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.intervals.trainings import Difference
from pipelines.plots.confusion_map import confusion_map
from pipelines.plots.lines import coverage_chart
from pipelines.reasons import reason_words
from pipelines.reports.annotation.languages import pretraining_share
from pipelines.reports.label_study.figures import (
    ACCURACY,
    EXACT,
    METRIC_NAMES,
    AnnotatorFigures,
    LabelSourceFigures,
    StudyFigures,
)
from pipelines.reports.label_study.verdict import outcome
from pipelines.reports.page.tables import Cell, figure, fold, paragraph, table
from pipelines.reports.page.wording import figure_cell, language_name, percent, points_cell, share_cell

ROW_BY_ROW = "Intervals of this table take every row for itself, also where rows share a picture."


def noise_section(annotator: AnnotatorFigures, labels: Sequence[str]) -> Markup:
    """Answers and reasons for none, then the noise: transitions, or with several labels per row what is
    missed and wrongly given of every label."""
    reasons = [
        tag("li", f"{number:,}: {reason_words(reason)}") for reason, number in annotator.reasons.items()
    ]
    noise = _transitions(annotator, labels) if annotator.decisions is None else _decisions(annotator, labels)
    listed = tag("ul", reasons) if reasons else None
    return join(tag("h3", annotator.name), _summary(annotator), listed, noise)


def _summary(annotator: AnnotatorFigures) -> Markup:
    rate, accuracy = share_cell(annotator.answer_rate), share_cell(annotator.accuracy)
    answered = [f"{annotator.name} answered ", rate, f" of {annotator.rows:,} training rows; "]
    if annotator.decisions is None:
        agreed = ["of the answers ", accuracy, " are the human's label."]
    else:
        agreed = ["the labels agree with the human's to a micro F1 of ", accuracy, "."]
    return paragraph(*answered, *agreed, " Rows without an answer are not learnt from.")


def _transitions(annotator: AnnotatorFigures, labels: Sequence[str]) -> Markup:
    assert annotator.confusion is not None
    lines, rates = transition(annotator.confusion), answer_rates(annotator.confusion)
    rows: list[list[Cell]] = [
        [label, int(counts.sum()), rate, *line]
        for label, counts, rate, line in zip(labels, annotator.confusion, rates, lines, strict=True)
    ]
    headings = ["Human label", "Rows", "Answered", *(f"→ {label}" for label in labels)]
    shaded = confusion_map(annotator.confusion, labels, name=f"labels of {annotator.name} by human label")
    title = "Noise transition matrix with intervals: shares of the answered rows of each human label"
    return join(shaded, fold(title, table(headings, rows), paragraph(ROW_BY_ROW, note=True)))


def _decisions(annotator: AnnotatorFigures, labels: Sequence[str]) -> Markup:
    assert annotator.decisions is not None
    rows: list[list[Cell]] = []
    for label, cells in zip(labels, annotator.decisions, strict=True):
        (neither, wrong), (missed, both) = cells[:, :2].tolist()
        shares = [wilson(missed, missed + both), wilson(wrong, neither + wrong), wilson(both, both + wrong)]
        rows.append([label, missed + both, wrong + both, *shares])
    headings = [
        "Label", "Given by people", "Given by the model", "Missed", "Wrongly given", "Right of those given",
    ]  # fmt: skip
    note = (
        "Answered rows alone. Missed: of the rows that people give the label, the share that the model does "
        "not. Wrongly given: of the rows that people do not give it, the share that the model does. "
    )
    return join(table(headings, rows), paragraph(note + ROW_BY_ROW, note=True))


CHIPS = {
    "human labels win": "supported",
    "model labels win": "contradicted",
    "not told apart": "not-resolved",
    "not run": "not-run",
}
AGAINST_ALL = {"human labels win": "all human better", "model labels win": "these better"}
PRETRAINING = (
    "Differences are paired by picture and seed. Share of pretraining data: Llama 2's (Touvron et al. 2023, "
    "Table 10), whatever model labelled or was trained."
)


def chip(outcome: str, words: str | None = None) -> Markup:
    """An outcome as a coloured label, in other words where some are given."""
    return tag("span", words or outcome, class_=f"chip {CHIPS[outcome]}")


def source_table(study: StudyFigures) -> Markup:
    """Table 1 of the paper with every label source: labels, figures, difference to human labels, p."""
    metrics = [name for name in METRIC_NAMES if name in study.label_source("human").figures]
    headings = [
        "Trained on", "Labels", "Of them human", right_labels(study),
        *(METRIC_NAMES[name] for name in metrics),
        *(["Relative to human labels"] if study.task.relative else []),
        f"All human labels − these, {study.measure}", "p",
    ]  # fmt: skip
    rows = [_source_row(source, metrics, study) for source in study.sources]
    note = (
        f"Means over {len(study.seeds)} seed{'s' * (len(study.seeds) > 1)}; intervals are 95 % over test "
        "rows and seeds together. A difference is called only when its interval leaves out 0 and p is "
        "below 5 %; each is judged alone, not all of them at once."
    )
    return join(table(headings, rows), paragraph(note, note=True), fold("Every training", _single(study)))


def right_labels(study: StudyFigures) -> str:
    """Heading of the column with a source's own agreement with human labels."""
    return "Labels' micro F1" if study.task.multi_label else "Right labels"


def question_table(study: StudyFigures) -> Markup:
    """The study's further comparisons of label sources, each on the same test rows and seeds."""
    if not study.comparisons:
        return paragraph("Not run: needs trainings on a model's labels.", note=True)
    headings = ["Question", "First", "Second", f"{METRIC_NAMES[study.primary]}, first − second", "p", "So"]
    rows: list[list[Cell]] = []
    for comparison in study.comparisons:
        difference = comparison.differences[study.primary]
        names = [study.label_source(name).title for name in (comparison.first, comparison.second)]
        cells = [points_cell(difference.estimate), _p_cell(difference), _better(difference)]
        rows.append([comparison.question, *names, *cells])
    return table(headings, rows)


def worth_table(study: StudyFigures) -> Markup:
    """How many human labels each source is worth."""
    rows: list[list[Content]] = [
        [source.title, f"{source.num_labels:,.0f}", f"{source.num_human:,.0f}", source.worth.words()]
        for source in study.sources
        if source.worth is not None
    ]
    if not rows:
        return paragraph("Not run: needs trainings on two numbers of human labels or more.", note=True)
    return table(["Trained on", "Labels", "Of them human", "Train as well as"], rows)


def confidence_section(study: StudyFigures) -> Markup:
    """Confidence threshold against the share of rows kept and how right they are, and what training on
    them gives."""
    annotators = [annotator for annotator in study.annotators if len(annotator.coverage) > 1]
    if not annotators:
        modes = "rank" if study.task.multi_label else "rank or constrain"
        return paragraph(f"Not run: free text carries no confidence; label with --mode {modes}.", note=True)
    title = f"Coverage against {'micro F1' if study.task.multi_label else 'the share of right labels'}"
    curves = [(item.name, number, item.coverage) for number, item in enumerate(annotators, 1)]
    rows: list[list[Cell]] = []
    kinds = ("model", "filtered")
    for source in [s for item in annotators for kind in kinds for s in study.of_kind(kind, item.name)]:
        threshold = "none" if source.threshold is None else f"{source.threshold:.3f}"
        score = source.figures.get(study.primary, source.not_run)
        rows.append(
            [source.title, threshold, f"{source.num_labels:,.0f}", source.label_accuracy or "—", score]
        )
    trained = f"{METRIC_NAMES[study.primary]} of the classifier"
    chart = coverage_chart(curves, name=title, measure=study.measure)
    words = "Keeping only the labels the model is surest of, on the training rows."
    plot = figure(title, chart, words, names=[(number, name) for name, number, _ in curves])
    thresholds = table(["Labels kept", "Confidence from", "Labels", right_labels(study), trained], rows)
    return join(tag("div", plot, class_="figures"), thresholds)


def language_table(study: StudyFigures) -> Markup | None:
    """Per language: how the annotators did on the training rows and the classifiers on the test rows; None
    for a study in one language."""
    codes = list(study.label_source("human").by_language)
    if not codes:
        return None
    sources = [s for s in study.sources if s.kind in ("human", "model") and s.by_language]
    headings = ["Language", "% of Llama 2's data"]
    right = "Micro F1" if study.task.multi_label else "Right answers"
    for item in study.annotators:
        headings += [f"Answered by {item.name}", f"{right} of {item.name}"]
    for source in sources:
        headings += [f"Classifier taught by {source.title}", f"English − this, taught by {source.title}"]
    rows: list[list[Cell]] = []
    for code in codes:
        rows.append([language_name(code), pretraining_share(code)])
        for item in study.annotators:
            rows[-1] += item.languages.get(code, ("—", "—"))
        for source in sources:
            less = source.english_minus.get(code)
            rows[-1] += [source.by_language[code], points_cell(less.estimate) if less else "—"]
    return join(table(headings, rows), paragraph(PRETRAINING, note=True))


def p_words(difference: Difference) -> str:
    """`0.031`, `< 0.002`, a dash where there is none."""
    if difference.p_value is None:
        return "—"
    return f"{difference.p_value:.3f}" if difference.p_value > 0.002 else "< 0.002"


def _p_cell(difference: Difference) -> Markup:
    return tag("span", p_words(difference), class_="interval")


def _source_row(source: LabelSourceFigures, metrics: Sequence[str], study: StudyFigures) -> list[Cell]:
    difference, relative = source.against_human.get(study.primary), study.task.relative
    numbers = [f"{source.num_labels:,.0f}", f"{source.num_human:,.0f}"]
    cells: list[Cell] = [_name(source), *numbers, source.label_accuracy or "—"]
    if not source.figures:
        return [*cells, f"not run: {source.not_run}", *[""] * (len(metrics) + relative - 1), "", ""]
    figures = [(name, source.figures[name]) for name in metrics]
    cells += [one if name in (ACCURACY, EXACT) else figure_cell(one) for name, one in figures]
    if relative:
        cells.append(figure_cell(source.relative, 2) if source.relative else "—")
    if difference is None:
        return [*cells, "", ""]
    called = outcome(difference)
    cell = join(points_cell(difference.estimate), " ", chip(called, AGAINST_ALL.get(called)))
    return [*cells, cell, _p_cell(difference)]


def _name(source: LabelSourceFigures) -> Content:
    if not source.same_as:
        return source.title
    return join(source.title, tag("small", f" the same labels as “{source.same_as}”, trained once"))


def _single(study: StudyFigures) -> Markup:
    headings = ["Trained on", *(f"seed {seed}" for seed in study.seeds)]
    rows = [
        [source.title, *map(percent, source.per_seed[study.primary])]
        for source in study.sources
        if source.per_seed and not source.same_as
    ]
    return table(headings, rows, caption=METRIC_NAMES[study.primary])


def _better(difference: Difference) -> str:
    if not difference.resolved:
        return "not told apart"
    return "the first is better" if (difference.estimate.value or 0) > 0 else "the second is better"
