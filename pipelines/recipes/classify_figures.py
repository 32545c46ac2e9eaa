"""What a classifying run found: grey pictures, and how often the labels are people's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from actors.base import LIVE
from pipelines.manifest import Manifest
from pipelines.metrics.confusion import confusion_matrix, macro_f1
from pipelines.metrics.estimate import Estimate
from pipelines.metrics.intervals import wilson
from pipelines.metrics.labels import NO_LABEL, label_codes
from pipelines.metrics.multi_label import exact_matches, micro_f1
from pipelines.metrics.multi_label import macro_f1 as macro_f1_of_several
from pipelines.terminal import print_table

HUMAN = {False: "human_label", True: "human_labels"}
GIVEN = {False: "label", True: "labels"}
BATCH = 65_536


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
    """Counted over the live rows of a finished run, shard after shard."""
    labels, several = manifest.config["labels"], bool(manifest.config["multi_label"])
    human = HUMAN[several] if HUMAN[several] in manifest.schema else None
    columns = ["status", "text", "picture_problem", GIVEN[several], *([human] if human else [])]
    figures = Figures()
    truths, answers = [], []
    for table in _live(manifest, columns):
        figures.rows += table.num_rows
        figures.problems.update(pc.drop_null(table["picture_problem"]).to_pylist())
        figures.empty_texts += sum(not (text or "").strip() for text in table["text"].to_pylist())
        given = table[GIVEN[several]]
        figures.labels.update((pc.list_flatten(given) if several else given).to_pylist())
        if human:
            read = _several if several else _single
            truth, answer = read(table[human], given, labels, figures)
            truths.append(truth)
            answers.append(answer)
    figures.judged = sum(map(len, truths))
    if figures.judged:
        judge = _judge_several if several else _judge_single
        figures.estimates = judge(np.concatenate(truths), np.concatenate(answers), len(labels))
    return figures


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


def _live(manifest: Manifest, columns: list[str]) -> Iterator[pa.Table]:
    for batch in manifest.batches(columns, rows=BATCH):
        table = pa.Table.from_batches([batch])
        yield table.filter(pc.equal(table["status"], LIVE))


def _single(human: Any, given: Any, labels: list[str], figures: Figures) -> tuple[Any, Any]:
    truth = label_codes(human, labels)
    known = truth != NO_LABEL
    strange = pc.drop_null(human.filter(pa.array(~known)))
    figures.outside.update(strange.to_pylist())
    return truth[known], label_codes(given, labels)[known]


def _several(human: Any, given: Any, labels: list[str], figures: Figures) -> tuple[Any, Any]:
    """0/1 `[rows, labels]` twice; a row with an unknown label among its own is counted, and not judged."""
    place = {label: i for i, label in enumerate(labels)}
    truths, answers = [], []
    for own, answer in zip(human.to_pylist(), given.to_pylist(), strict=True):
        strange = [label for label in own or () if label not in place]
        figures.outside.update(strange)
        if own is not None and not strange:
            truths.append([label in own for label in labels])
            answers.append([label in answer for label in labels])
    shape = (-1, len(labels))
    return np.array(truths, bool).reshape(shape), np.array(answers, bool).reshape(shape)


def _judge_single(truth: Any, answer: Any, count: int) -> dict[str, Estimate]:
    right = wilson(int((truth == answer).sum()), len(truth))
    return {"accuracy": right, "macro F1": macro_f1(confusion_matrix(truth, answer, count))}


def _judge_several(truth: Any, answer: Any, count: int) -> dict[str, Estimate]:
    return {
        "all labels right": exact_matches(truth, answer),
        "micro F1": micro_f1(truth, answer),
        "macro F1": macro_f1_of_several(truth, answer),
    }
