"""Manifests and label tables as rows to train, stop and test on, every row accounted for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from actors.base import LIVE, BadRow, row_seed
from actors.pictures.image_reader import safe_path
from pipelines.manifest import Manifest

SINGLE, MULTI = "human_label", "human_labels"
Label = str | tuple[str, ...]


@dataclass(frozen=True)
class LabelledRow:
    """One live row; `label` is what it teaches or is judged by, None where nothing is known."""

    id: str
    text: str
    picture: str | None
    label: Label | None
    weight: float = 1.0

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels of the row."""
        return _as_tuple(self.label)


@dataclass
class RowCounts:
    """Rows of one set by outcome; all but the last three counts add up to `read`.

    `grey` and `empty_text` are some of the rows that are trained on, stopped on or tested on;
    `labels_without_row` are ids of the label table that are no live training row.
    """

    read: int = 0
    used: int = 0
    not_live: int = 0
    unlabelled: int = 0
    not_in_table: int = 0
    outside: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    tested: int = 0
    held_out: int = 0
    grey: int = 0
    empty_text: int = 0
    labels_without_row: int = 0


@dataclass(frozen=True)
class LabelTable:
    """The labels of `--labels FILE` by row id, and their weights."""

    labels: Mapping[str, Label | None]
    weights: Mapping[str, float]


def check_columns(manifest: Manifest, *, multi_label: bool | None = None) -> bool:
    """Whether the manifest's rows have several labels each.

    Raises:
        ValueError: a column is missing, no row is live, or it differs from `multi_label`.
    """
    missing = [name for name in ("id", "status", "images", "text") if name not in manifest.schema]
    if missing or not {SINGLE, MULTI} & set(manifest.schema):
        raise ValueError(
            f"{manifest.path} has no column {missing or [SINGLE]}; expected the output of `python -m "
            f"pipelines ingest` on a set to label (text, images, {SINGLE} or {MULTI}); "
            f"it has {sorted(manifest.schema)}"
        )
    if not manifest.rows.get("kept", 0):
        raise ValueError(f"{manifest.path} has no live row ({manifest.rows}); give a run that kept some")
    several = MULTI in manifest.schema
    if multi_label is not None and several != multi_label:
        raise ValueError(
            f"{manifest.path} has {MULTI if several else SINGLE} and the first training set "
            f"{MULTI if multi_label else SINGLE}; train and test on sets of one kind"
        )
    return several


def read_rows(manifests: Sequence[Manifest], *, multi_label: bool) -> tuple[list[LabelledRow], RowCounts]:
    """The live rows in order of their ids, each id once, with human labels; the counts so far."""
    counts, rows = RowCounts(), {}
    column = MULTI if multi_label else SINGLE
    for manifest in manifests:
        table = manifest.table(["id", "status", "images", "text", column])
        for line in table.to_pylist():
            counts.read += 1
            if line["status"] != LIVE:
                counts.not_live += 1
            elif line["id"] in rows:
                counts.repeated += 1
            else:
                rows[line["id"]] = LabelledRow(
                    line["id"], line["text"] or "", _picture(manifest, line["images"]), _label(line[column])
                )
    return [rows[name] for name in sorted(rows)], counts


def read_label_table(file: Path, *, multi_label: bool) -> LabelTable:
    """The table in `file`.

    Raises:
        ValueError: no Parquet file, a missing column, an id that stands in it twice, a weight not above 0.
    """
    column = "labels" if multi_label else "label"
    if not file.is_file():
        raise ValueError(f"no label table {file}; expected a Parquet file with the columns id and {column}")
    names = pq.read_schema(file).names
    missing = [name for name in ("id", column) if name not in names]
    if missing:
        raise ValueError(f"the label table {file} has no column {missing}; it has {names}")
    lines = pq.read_table(file).to_pylist()
    twice = [name for name, times in Counter(line["id"] for line in lines).items() if times > 1]
    if twice:
        raise ValueError(f"the label table {file} names {len(twice)} ids twice, the first is {twice[0]!r}")
    return LabelTable(
        {line["id"]: _label(line[column]) for line in lines},
        {line["id"]: _weight(line, file) for line in lines if line.get("weight") is not None},
    )


def class_list(rows: Sequence[LabelledRow], table: LabelTable | None) -> tuple[str, ...]:
    """The sorted human labels of `rows`; where they have none, the sorted labels of the table.

    Raises:
        ValueError: there is no label.
    """
    labels = {label for row in rows for label in row.labels}
    if not labels and table is not None:
        labels = {label for one in table.labels.values() for label in _as_tuple(one)}
    if not labels:
        raise ValueError(
            f"none of the {len(rows)} training rows has a label; label them, or give --labels FILE"
        )
    return tuple(sorted(labels))


def training_rows(
    rows: Sequence[LabelledRow], table: LabelTable | None, classes: Sequence[str], counts: RowCounts
) -> list[LabelledRow]:
    """The rows that teach something, with the table's labels where one is given; the rest is counted."""
    kept, known, outside = [], set(classes), Counter[str]()
    for row in rows:
        if table is not None and row.id not in table.labels:
            counts.not_in_table += 1
            continue
        label = row.label if table is None else table.labels[row.id]
        if label is None:
            counts.unlabelled += 1
        elif strange := set(_as_tuple(label)) - known:
            outside[min(strange)] += 1
        else:
            weight = 1.0 if table is None else table.weights.get(row.id, 1.0)
            kept.append(LabelledRow(row.id, row.text, row.picture, label, weight))
    counts.outside = dict(sorted(outside.items()))
    return kept


def split_off(rows: Sequence[LabelledRow], share: float, seed: int) -> set[str]:
    """Ids of a `share` of `rows`, at least one of two, drawn by the seed and the ids alone."""
    ordered = sorted(rows, key=lambda row: (row_seed(seed, f"held out/{row.id}"), row.id))
    return {row.id for row in ordered[: max(1, round(share * len(rows))) if len(rows) > 1 else 0]}


def _as_tuple(label: Label | None) -> tuple[str, ...]:
    if label is None:
        return ()
    return (label,) if isinstance(label, str) else label


def _label(value: Any) -> Label | None:
    if isinstance(value, list):
        return tuple(sorted({str(one) for one in value}))
    return None if value is None else str(value)


def _weight(line: Mapping[str, Any], file: Path) -> float:
    value = line["weight"]
    if type(value) not in (int, float) or not 0 < value < math.inf:
        raise ValueError(
            f"the label table {file} gives {line['id']!r} the weight {value!r}, expected a number above 0; "
            "leave out rows that are not to be learnt from"
        )
    return float(value)


def _picture(manifest: Manifest, images: Sequence[str] | None) -> str | None:
    """The first picture's path; None where it names none or one outside the image folder (grey then)."""
    if not images or manifest.image_root is None:
        return None
    try:
        return str(safe_path(Path(manifest.image_root), images[0]))
    except BadRow:
        return None
