"""What a classifying run found: grey pictures, and how often the labels are people's own."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from pipelines.manifest import Manifest
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.reports.classified.run import ClassifiedRun
from pipelines.reports.classified.scores import estimates
from pipelines.terminal import print_table


@dataclass
class Figures:
    """`labels` counts the answers, `problems` the rows with the grey picture by reason, `outside` the rows
    whose human label the model does not know; `estimates` are of the `judged` rows."""

    rows: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)
    empty_texts: int = 0
    outside: Counter[str] = field(default_factory=Counter)
    judged: int = 0
    estimates: dict[str, Estimate] = field(default_factory=dict)


def read_figures(manifest: Manifest) -> Figures:
    """Counted over the live rows of a finished run, batch after batch."""
    run = ClassifiedRun.of(manifest)
    return Figures(
        rows=len(run.judged),
        labels=run.given_labels,
        problems=run.problems,
        empty_texts=run.empty_texts,
        outside=run.outside,
        judged=len(run.truth),
        estimates=estimates(run),
    )


def figures_json(manifest: Manifest, figures: Figures) -> dict[str, Any]:
    """The run's rows and figures as plain JSON."""
    found = vars(figures) | {
        "labels": dict(figures.labels),
        "problems": dict(figures.problems),
        "outside": dict(figures.outside),
        "estimates": {name: asdict(estimate) for name, estimate in figures.estimates.items()},
    }
    return {"out": str(manifest.path), "rows": manifest.rows, "reasons": manifest.reasons, "figures": found}


def print_figures(figures: Figures) -> None:
    """Prints answers, grey pictures and agreement with people."""
    lines: list[tuple[object, ...]] = [
        (f"label {label}", number, f"{number / figures.rows:.1%} of rows")
        for label, number in figures.labels.most_common()
    ]
    lines += [(f"grey picture: {reason}", number, "") for reason, number in figures.problems.most_common()]
    if figures.empty_texts:
        lines.append(("empty text", figures.empty_texts, ""))
    lines += [
        (f"human label {label} is none of the model's", number, "not judged")
        for label, number in figures.outside.most_common()
    ]
    lines += [(name, estimate.rows, _figure(estimate)) for name, estimate in figures.estimates.items()] or [
        ("judged by human labels", 0, "")
    ]
    print_table("labels given", ("what", "rows", "figure (95 % interval)"), lines)


def _figure(estimate: Estimate) -> str:
    if not estimate.defined:
        return estimate.note
    value, low, high = estimate.numbers
    return f"{value:.3f} ({low:.3f} to {high:.3f})"
