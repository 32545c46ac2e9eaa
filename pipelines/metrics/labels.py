"""Label columns as small integers, which every metric here works on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.proportions import wilson

Codes = NDArray[np.int32]
NO_LABEL = -1  # unanswered, or a row without a human label


def label_codes(column: pa.Array | pa.ChunkedArray, labels: Sequence[str]) -> Codes:
    """Position in `labels` per row, `NO_LABEL` for null and for anything that is not in `labels`."""
    places = pc.index_in(column, value_set=pa.array(list(labels), pa.string()), skip_nulls=True)
    return np.asarray(pc.fill_null(places, NO_LABEL), dtype=np.int32)


def label_marks(
    column: pa.Array | pa.ChunkedArray, labels: Sequence[str]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each row has a list of labels that are all in `labels` `(rows,)`, and whether it has each
    of `labels` `(rows, labels)`."""
    lengths = np.asarray(pc.fill_null(pc.list_value_length(column), 0), np.int64)
    rows, codes = np.repeat(np.arange(len(lengths)), lengths), label_codes(pc.list_flatten(column), labels)
    known = np.array(pc.is_valid(column), bool)
    known[rows[codes == NO_LABEL]] = False
    marks = np.zeros((len(lengths), len(labels)), bool)
    marks[rows[codes != NO_LABEL], codes[codes != NO_LABEL]] = True
    return known, marks


def answer_rate(predicted: Codes) -> Estimate:
    """Share of rows with a label."""
    return wilson(int((predicted != NO_LABEL).sum()), len(predicted))


def accuracy_on_all(truth: Codes, predicted: Codes) -> Estimate:
    """Share of right labels among rows with a human label; an unanswered row counts as wrong."""
    labelled = truth != NO_LABEL
    return wilson(int((labelled & (truth == predicted)).sum()), int(labelled.sum()))


def accuracy_on_answered(truth: Codes, predicted: Codes) -> Estimate:
    """Share of right labels among rows that have both a human label and an answer (paper A, Figure 2)."""
    both = (truth != NO_LABEL) & (predicted != NO_LABEL)
    return wilson(int((both & (truth == predicted)).sum()), int(both.sum()))
