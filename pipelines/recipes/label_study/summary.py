"""The closing table of a label study."""

from __future__ import annotations

from pipelines.reports.label_study.figures import SourceFigures, StudyFigures
from pipelines.reports.label_study.tables import p_words, right_labels
from pipelines.reports.label_study.verdict import verdicts
from pipelines.reports.page.wording import count, percent, signed
from pipelines.terminal import print_table


def print_study(study: StudyFigures) -> None:
    """Prints a line for what each training labels taught, and the verdicts."""
    rows, seeds = count(study.splits["test"].rows, "test row"), count(len(study.seeds), "seed")
    print_table(
        f"{study.task.name}: {rows}, {seeds}",
        (
            "trained on",
            "labels",
            right_labels(study),
            f"{study.measure} (95 %)",
            "all human − these, points",
            "p",
        ),
        [_line(source, study.primary) for source in study.sources],
    )
    for verdict in verdicts(study):
        print(f"{verdict.annotator}: {verdict.words}")


def _line(source: SourceFigures, primary: str) -> tuple[str, ...]:
    right = source.label_accuracy
    labels = (
        f"{source.num_labels:,.0f}",
        percent(right.value) if right is not None and right.value is not None else "",
    )
    if not source.figures:
        return (source.title, *labels, f"not run: {source.not_run}", "", "")
    value, low, high = source.figures[primary].numbers
    accuracy = f"{percent(value)} ({100 * low:.1f} to {100 * high:.1f})"
    against_human = source.against_human.get(primary)
    if against_human is None:
        return (source.title, *labels, accuracy, "", "")
    middle, low, high = against_human.estimate.numbers
    difference = f"{signed(100 * middle)} ({signed(100 * low)} to {signed(100 * high)})"
    return (source.title, *labels, accuracy, difference, p_words(against_human))
