"""The rows of a label study in memory: ids with their labels as small integers, in one fixed order."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from actors.base import LIVE, row_seed
from pipelines.manifest import Manifest
from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.intervals.trainings import group_numbers
from pipelines.metrics.label_space import LabelSpace
from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.reports.annotation.labelled_run import finished_run, task_of
from pipelines.schema import NOT_IN_RUN

Bools = NDArray[np.bool_]
NO_LANGUAGE = ""


@dataclass(frozen=True)
class StudySplit:
    """Live rows of one split that have a human label of the task, sorted by id.

    `human` are codes of `space`. `pictures` is the first picture of a row, or its id: rows that share it are
    no independent evidence. `foreign` counts rows left out because a human label of theirs is none of the
    task's.
    """

    space: LabelSpace
    ids: list[str]
    human: Codes
    languages: list[str]
    pictures: list[str]
    foreign: int

    @classmethod
    def read(cls, manifest: Manifest, space: LabelSpace) -> StudySplit:
        """The rows of a manifest that `ingest` wrote.

        Raises:
            ValueError: no row is left.
        """
        table = manifest.table(["id", "status", "images", "language", space.human_column])
        live = table.filter(pc.equal(table["status"], LIVE)).sort_by("id")
        codes = space.read(live[space.human_column])
        usable = live.filter(pa.array(codes != NO_LABEL))
        if not len(usable):
            raise ValueError(
                f"no live row of {manifest.path} has one of the human labels {list(space.labels)}; give the "
                "task whose labels these are, or map them with --label-map"
            )
        rows = usable.to_pylist()
        return cls(
            space,
            [row["id"] for row in rows],
            codes[codes != NO_LABEL],
            [row["language"] or NO_LANGUAGE for row in rows],
            [(row["images"] or [row["id"]])[0] for row in rows],
            len(live) - len(usable),
        )

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """A number per row, shared by the rows of one picture."""
        return group_numbers(self.pictures)

    def order(self, seed: int) -> NDArray[np.int64]:
        """Row numbers in an order drawn from the seed and each id, whole pictures at a time; any prefix is a
        random sample, and a longer one holds all of a shorter one."""
        keys = {picture: row_seed(seed, picture) for picture in set(self.pictures)}
        return np.array(sorted(range(len(self)), key=lambda at: (keys[self.pictures[at]], self.ids[at])))

    def folds(self, seed: int, count: int) -> NDArray[np.int64]:
        """The number of the fold, from 0, of every row; the rows of one picture are in one."""
        folds = {picture: row_seed(seed, f"fold/{picture}") % count for picture in set(self.pictures)}
        return np.array([folds[picture] for picture in self.pictures])


@dataclass(frozen=True)
class Annotation:
    """One annotator's labels of the training rows: `codes` and `confidence` (NaN: none) per row."""

    name: str
    mode: str
    folder: Path
    codes: Codes
    confidence: Floats
    reasons: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def read(cls, name: str, folder: Path, train: StudySplit) -> Annotation:
        """The labels that the annotation run in `folder` gave to the training rows.

        Raises:
            ValueError: no finished annotation run, or one of other rows or labels.
        """
        manifest = check_answers(folder, train.space)
        table = manifest.table(["id", "reason", train.space.label_column, "confidence"])
        places = pc.index_in(pa.array(train.ids), value_set=table["id"].combine_chunks())
        at = np.asarray(pc.fill_null(places, -1), dtype=np.int64)
        in_run = at >= 0
        if not in_run.any():
            raise ValueError(
                f"{folder} holds none of the {len(train):,} training rows, such as {train.ids[0]}; annotate "
                "the rows of the training split"
            )
        answers = train.space.read(table[train.space.label_column])
        confidence = np.asarray(pc.fill_null(table["confidence"], float("nan")), dtype=np.float64)
        codes = np.where(in_run, answers[at], NO_LABEL).astype(np.int32)
        return cls(
            name,
            str(manifest.config["mode"]),
            folder,
            codes,
            np.where(codes != NO_LABEL, confidence[at], np.nan),
            _reasons(table["reason"].take(places.drop_null()), int((~in_run).sum())),
            float(manifest.timings.get("wall_s", 0.0)),
        )


def check_answers(folder: Path, space: LabelSpace) -> Manifest:
    """The finished annotation run in `folder`, which answers with these labels.

    Raises:
        ValueError: no finished annotation run, or one with other labels.
    """
    manifest = finished_run(folder, ["id", "reason", "confidence"])
    several, labels = task_of(manifest).multi_label, task_of(manifest).labels
    if several != space.several:
        answers, labels_due = ("several labels", "one") if several else ("one label", "several")
        raise ValueError(
            f"{folder} gives every row {answers} and the study's task {labels_due}; annotate the training "
            "rows with the same task"
        )
    if labels != space.labels:
        raise ValueError(
            f"{folder} answers with {list(labels)} and the study's labels are {list(space.labels)}; annotate "
            "the training rows with the same task"
        )
    return manifest


def _reasons(marks: pa.ChunkedArray, absent: int) -> dict[str, int]:
    """Why training rows have no label, with the number of rows; `absent` is what the run never held."""
    reasons = dict(Counter(marks.drop_null().to_pylist()))
    return reasons | ({NOT_IN_RUN: absent} if absent else {})
