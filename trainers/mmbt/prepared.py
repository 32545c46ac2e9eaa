"""An MMBT run's rows on disk, where every worker finds them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from actors.base import BadRow
from actors.models.mmbt.pixels import middle_square
from actors.pictures.image_reader import read_file
from pipelines.manifest import Manifest, write_json
from trainers.mmbt.rows import (
    LabelledRow,
    LabelTable,
    RowCounts,
    class_list,
    read_rows,
    split_off,
    training_rows,
)

ABOUT = "about.json"
TRAIN, DEV = "train", "dev"
UNKNOWN = -1  # class number of a row without a known label
WORDS = dict.fromkeys(("id", "text", "picture"), pa.string())
ROWS = pa.schema({**WORDS, "label": pa.list_(pa.string()), "weight": pa.float64()})


@dataclass(frozen=True)
class SplitManifests:
    """Where rows and labels come from; `dev` None holds a share of the training rows out."""

    train: Sequence[Manifest]
    dev: Manifest | None
    tests: Sequence[Manifest]
    multi_label: bool

    @property
    def test_names(self) -> list[str]:
        """The test manifests' folder names, a number behind those that occur twice."""
        names = [manifest.path.resolve().name for manifest in self.tests]
        return [
            name if names.count(name) == 1 else f"{name}-{names[: place + 1].count(name)}"
            for place, name in enumerate(names)
        ]


@dataclass(frozen=True)
class SplitRows:
    """The rows of all splits, read once and shared by trainings that differ in labels and seed; `train_ids`
    are those of all live training rows, tested ones too."""

    train: list[LabelledRow]
    train_ids: frozenset[str]
    dev: list[LabelledRow] | None
    tests: dict[str, list[LabelledRow]]
    counts: dict[str, RowCounts]
    multi_label: bool


@dataclass(frozen=True)
class Split:
    """Rows of one set. `targets` are class numbers `[n]`, or 0/1 `[n, classes]` of a task with several
    labels per row; `known` `[n]` says which rows have any."""

    ids: list[str]
    texts: list[str]
    pictures: list[str | None]
    labels: list[list[str] | None]
    targets: NDArray[Any]
    known: NDArray[np.bool_]
    weights: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class Prepared:
    """The contents of a folder that `write_prepared` filled; `counts` are those of RowCounts by split."""

    folder: Path
    classes: tuple[str, ...]
    multi_label: bool
    tests: tuple[str, ...]
    counts: dict[str, Any]

    def split(self, name: str) -> Split:
        """`train`, `dev`, or `test/NAME`."""
        table = pq.read_table(self.folder / f"{name.replace('/', '-')}.parquet").to_pydict()
        targets, known = targets_of(table["label"], self.classes, multi_label=self.multi_label)
        columns = (table["id"], table["text"], table["picture"], table["label"])
        return Split(*columns, targets, known, np.asarray(table["weight"], np.float64))


def read_splits(splits: SplitManifests) -> SplitRows:
    """All rows; a training row that is in a test set or the dev set too is left out of training."""
    counts: dict[str, RowCounts] = {}
    train, counts[TRAIN] = read_rows(splits.train, multi_label=splits.multi_label)
    dev = None
    if splits.dev is not None:
        dev, counts[DEV] = read_rows([splits.dev], multi_label=splits.multi_label)
    tests = {}
    for name, manifest in zip(splits.test_names, splits.tests, strict=True):
        tests[name], counts[f"test/{name}"] = read_rows([manifest], multi_label=splits.multi_label)
    broken = unreadable_pictures([row for rows in (train, dev or [], *tests.values()) for row in rows])
    train, dev = _without_pictures(train, broken), None if dev is None else _without_pictures(dev, broken)
    tests = {name: _without_pictures(rows, broken) for name, rows in tests.items()}
    tested = {row.id for rows in (dev or [], *tests.values()) for row in rows}
    counts[TRAIN].tested = sum(row.id in tested for row in train)
    untested = [row for row in train if row.id not in tested]
    return SplitRows(untested, frozenset(row.id for row in train), dev, tests, counts, splits.multi_label)


def write_prepared(
    rows: SplitRows,
    table: LabelTable | None,
    folder: Path,
    *,
    classes: Sequence[str],
    held_out: float,
    seed: int,
) -> Prepared:
    """The prepared rows in `folder`, complete or absent; `classes` empty takes those of the rows.

    Raises:
        ValueError: no row is left to train or to stop on.
    """
    class_names = tuple(classes) or class_list(rows.train, table)
    if len(class_names) < 2 and not rows.multi_label:
        raise ValueError(f"all training rows are {class_names[0]!r}; a classifier needs at least two classes")
    counts = {name: RowCounts(**asdict(one)) for name, one in rows.counts.items()}
    train, dev = rows.train, rows.dev
    if dev is None:
        labelled = [row for row in train if row.label is not None]
        dev, counts[DEV] = (labelled or training_rows(train, table, class_names, RowCounts())), RowCounts()
        held_out_ids = split_off(dev, held_out, seed)
        dev = [row for row in dev if row.id in held_out_ids]
        train = [row for row in train if row.id not in held_out_ids]
        counts[TRAIN].held_out, counts[DEV].read = len(held_out_ids), len(held_out_ids)
    train = training_rows(train, table, class_names, counts[TRAIN])
    counts[TRAIN].used = len(train)
    counts[TRAIN].labels_without_row = 0 if table is None else len(table.labels.keys() - rows.train_ids)
    if not train:
        raise ValueError(
            f"no row is left to train on: {_words(counts[TRAIN])}; give labelled rows, or --labels"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in {TRAIN: train, DEV: dev, **{f"test/{k}": v for k, v in rows.tests.items()}}.items():
        if name != TRAIN:
            _count_judged(part, class_names, counts[name])
        counts[name].empty_text = sum(not row.text.strip() for row in part)
        counts[name].grey = sum(row.picture is None for row in part)
        pq.write_table(_table(part), folder / f"{name.replace('/', '-')}.parquet")
    if not counts[DEV].used:
        raise ValueError(
            f"no dev row has a label of {list(class_names)}: {_words(counts[DEV])}; give another --dev"
        )
    about = {
        "classes": class_names,
        "multi_label": rows.multi_label,
        "tests": list(rows.tests),
        "counts": {name: asdict(one) for name, one in counts.items()},
    }
    write_json(folder / ABOUT, about)
    return read_prepared(folder)


def read_prepared(folder: Path) -> Prepared:
    """The prepared rows that `write_prepared` wrote into `folder`."""
    about = json.loads((folder / ABOUT).read_text())
    return Prepared(folder, **about | {name: tuple(about[name]) for name in ("classes", "tests")})


def targets_of(
    labels: Sequence[Sequence[str] | None], classes: Sequence[str], *, multi_label: bool
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Class numbers `[n]` or 0/1 `[n, classes]`, and which rows have only labels of `classes`."""
    place = {name: number for number, name in enumerate(classes)}
    valid = np.array([row is not None and all(one in place for one in row) for row in labels], dtype=bool)
    if not multi_label:
        codes = [place[row[0]] if row and ok else UNKNOWN for row, ok in zip(labels, valid, strict=True)]
        return np.array(codes, dtype=np.int64), valid
    targets = np.zeros((len(labels), len(classes)), dtype=np.float32)
    for number, row in enumerate(labels):
        for one in row or []:
            if valid[number]:
                targets[number, place[one]] = 1
    return targets, valid


def unreadable_pictures(rows: Sequence[LabelledRow]) -> set[str]:
    """Paths of `rows` that hold no picture that the model can be shown; every distinct one is tried once."""

    def broken(path: str) -> bool:
        try:
            middle_square(read_file(Path(path).parent, Path(path).name))
        except BadRow:
            return True
        return False

    distinct = sorted({row.picture for row in rows if row.picture is not None})
    with ThreadPoolExecutor(8) as pool:
        return {path for path, bad in zip(distinct, pool.map(broken, distinct), strict=True) if bad}


def _without_pictures(rows: Sequence[LabelledRow], broken: set[str]) -> list[LabelledRow]:
    """`rows` without the pictures in `broken`: they get the grey one."""
    return [replace(row, picture=None) if row.picture in broken else row for row in rows]


def _count_judged(rows: Sequence[LabelledRow], classes: Sequence[str], counts: RowCounts) -> None:
    known, outside = set(classes), dict[str, int]()
    for row in rows:
        strange = sorted(set(row.labels) - known)
        if row.label is None:
            counts.unlabelled += 1
        elif strange:
            outside[strange[0]] = outside.get(strange[0], 0) + 1
        else:
            counts.used += 1
    counts.outside = dict(sorted(outside.items()))


def _table(rows: Sequence[LabelledRow]) -> pa.Table:
    lines = [vars(row) | {"label": None if row.label is None else list(row.labels)} for row in rows]
    return pa.Table.from_pylist(lines, ROWS)


def _words(counts: RowCounts) -> str:
    return ", ".join(f"{name} {value}" for name, value in asdict(counts).items() if value) or "no rows"
