"""A supervised model's predictions, and annotators measured against them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from actors.base import BadRow
from pipelines.metrics.intervals.estimate import Estimate
from pipelines.metrics.intervals.paired import paired_ratio
from pipelines.metrics.intervals.proportions import wilson
from pipelines.metrics.labels import NO_LABEL, label_codes
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.sources.tables.table_files import SUFFIXES, read_records, table_columns

COLUMNS = ("id", "label")


@dataclass(frozen=True)
class Relative:
    """An annotator over the supervised model, on the same rows (1 = equally good).

    `accuracy` is the supervised model's own, on every row both have. `on_answered` compares the two on
    the rows the annotator answered, `on_all` on every row with the unanswered counted wrong. `note`
    says why there is nothing to compare with.
    """

    accuracy: Estimate | None = None
    on_answered: Estimate | None = None
    on_all: Estimate | None = None
    note: str = ""


def relative_scores(run: LabelRun) -> Relative | None:
    """The run against the baseline file that its manifest names; None when it names none."""
    name = run.manifest.config.get("baseline")
    if not name:
        return None
    places = (Path(name).expanduser(), run.manifest.path / name)
    file = next((path for path in places if path.is_file()), None)
    if file is None:
        return Relative(note=f"the baseline file {name} is gone; put it back and write the report again")
    try:
        table = read_predictions(file)
    except ValueError as error:
        return Relative(note=str(error))
    return _compare(run, table)


def read_predictions(file: Path) -> pa.Table:
    """Columns `id` and `label` (strings) of a JSONL, CSV or Parquet file.

    Raises:
        ValueError: another kind of file, one without these columns, or a record that cannot be read.
    """
    if file.suffix.lower() not in SUFFIXES:
        raise ValueError(f"baseline {file} ends in {file.suffix!r}; expected one of {', '.join(SUFFIXES)}")
    try:
        columns = table_columns(file, COLUMNS)
        records = [record for _, record in read_records(file, [name for name in COLUMNS if name in columns])]
    except ValueError as error:
        raise ValueError(f"baseline {file} cannot be read: {error}; expected columns id and label") from error
    if not set(COLUMNS) <= set(columns):
        raise ValueError(f"baseline {file} has columns {columns[:30]}; expected id and label")
    bad = next((record for record in records if isinstance(record, BadRow)), None)
    if bad is not None:
        raise ValueError(f"baseline {file} cannot be read: {bad.detail}")
    rows = [record for record in records if isinstance(record, dict)]
    return pa.table({name: pa.array([_word(row.get(name)) for row in rows], pa.string()) for name in COLUMNS})


def _word(value: Any) -> str | None:
    """A value as text; whole numbers that pandas made floats are whole numbers."""
    if value is None:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _compare(run: LabelRun, table: pa.Table) -> Relative:
    places = pc.index_in(run.table["id"], value_set=table["id"].combine_chunks())
    labels = table["label"].take(places)
    supervised = label_codes(labels, run.task.labels)
    shared = np.asarray(pc.is_valid(labels)) & (run.truth != NO_LABEL)
    if not shared.any():
        words = "the baseline file shares no scored row with this run; its ids must be the run's ids"
        return Relative(note=words)
    right, supervised_right = run.predicted == run.truth, supervised == run.truth
    answered = shared & (run.predicted != NO_LABEL)
    return Relative(
        accuracy=wilson(int(supervised_right[shared].sum()), int(shared.sum())),
        on_answered=paired_ratio(right[answered], supervised_right[answered]),
        on_all=paired_ratio(right[shared], supervised_right[shared]),
    )
