"""The classifiers of a label study: one grid of trainings, and what each predicts."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipelines.engine.failures import StageCrashed
from pipelines.manifest import write_json
from pipelines.metrics.intervals.proportions import Floats
from pipelines.metrics.labels import NO_LABEL, Codes
from pipelines.recipes.label_study.rows import StudySplit
from pipelines.recipes.label_study.splits import Splits
from pipelines.recipes.label_study.training_labels import TrainingLabels

logger = logging.getLogger(__name__)


class Trainer(Protocol):
    """Trains a grid."""

    def __call__(self, settings: Path, out: Path, workers: int | None, *, check: bool = False) -> None:
        """Trains what the file `settings` asks for, `workers` trainings at once (None: one per core), with
        results under `out`; with `check` only says what is wrong with the file.

        Raises:
            StageCrashed: it failed.
            ValueError: with `check`, what is wrong.
        """


@dataclass(frozen=True)
class Training:
    """One training: its name, a label code per training row (`NO_LABEL`: not learnt from), and its seed."""

    name: str
    codes: Codes
    seed: int


@dataclass(frozen=True)
class Grid:
    """Trainings on the same rows that differ in labels and seed; `out` holds labels, settings and results."""

    out: Path
    splits: Splits
    settings: Mapping[str, Any]
    trainer: Trainer
    workers: int | None = None

    def write(self, trainings: Sequence[Training], rows: StudySplit) -> Path:
        """The settings file; labels are written beside it, and a file that would not change is left alone."""
        entries = []
        for training in trainings:
            file = self._write_labels(training, rows)
            entries.append({"name": training.name, "labels": str(file.resolve()), "seed": training.seed})
        grid = {
            "train": [str(self.splits.train.path.resolve())],
            "dev": str(self.splits.dev.path.resolve()),
            "test": [str(self.splits.test.path.resolve())],
            "settings": dict(self.settings),
            "classes": list(rows.space.labels),
            "runs": entries,
        }
        return write_json(self.out / "grid.json", grid)

    def run(self, trainings: Sequence[Training], rows: StudySplit) -> None:
        """Trains what is not trained yet.

        Raises:
            StageCrashed: the trainer failed.
        """
        logger.info("%s: %d trainings", self.out.name, len(trainings))
        self.trainer(self.write(trainings, rows), self.trained, self.workers)

    @property
    def trained(self) -> Path:
        """Folder with `<name>/seed-<n>` per training."""
        return self.out / "trained"

    def predictions(self, name: str, seed: int, rows: StudySplit) -> tuple[Codes, Floats]:
        """Label and chances `(rows, labels)` that one training gives to the test rows.

        Raises:
            ValueError: the training is not finished, or predicted other rows.
        """
        folder = self.trained / name / f"seed-{seed}"
        return read_predictions(folder, self.splits.test.path.name, rows)

    def _write_labels(self, training: Training, rows: StudySplit) -> Path:
        file = self.out / "labels" / training.name / f"seed-{training.seed}.parquet"
        labelled = training.codes != NO_LABEL
        table = pa.table({
            "id": pa.array(np.array(rows.ids, dtype=object)[labelled], pa.string()),
            rows.space.label_column: rows.space.values(training.codes[labelled]),
        })  # fmt: skip
        if not file.is_file() or not pq.read_table(file).equals(table):
            file.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, file)
        return file


def mmbt_grid(settings: Path, out: Path, workers: int | None, *, check: bool = False) -> None:
    """Runs `python -m trainers mmbt-grid`, which skips what is finished and shows its own progress.

    Raises:
        StageCrashed: it failed; its own words stand above.
        ValueError: with `check`, what is wrong with the settings.
    """
    command = [sys.executable, "-m", "trainers", "mmbt-grid", str(settings), "--out", str(out)]
    command += [] if workers is None else ["--workers", str(workers)]
    if check:
        done = subprocess.run([*command, "--check"], check=False, capture_output=True, text=True)
        if done.returncode:
            refusal = done.stderr.strip().removeprefix("error: ")
            refusal = refusal.replace(f"{settings}: settings", "--training")
            raise ValueError(f"the trainer refuses its settings: {refusal}")
        return
    if subprocess.run(command, check=False).returncode:
        raise StageCrashed("the trainings stopped, their own words stand above; the same command goes on")


def trainings_of(variants: Sequence[TrainingLabels]) -> list[Training]:
    """A training per seed of all training labels that are trained on under their own name."""
    trained = (labels for labels in variants if labels.trained)
    return [Training(one.name, codes, seed) for one in trained for seed, codes in sorted(one.codes.items())]


def read_predictions(folder: Path, test: str, rows: StudySplit) -> tuple[Codes, Floats]:
    """What the training in `folder` predicts for the rows of the manifest named `test`.

    A label that was not in its training rows has probability 0.

    Raises:
        ValueError: a file is missing, or rows are.
    """
    file, about = folder / f"predictions-{test}.parquet", folder / "training.json"
    if not file.is_file() or not about.is_file():
        raise ValueError(f"{folder} holds no finished training ({file.name}); the same command goes on")
    labels, space = json.loads(about.read_text(encoding="utf-8"))["labels"], rows.space
    table = pq.read_table(file, columns=["id", space.label_column, "probabilities"])
    places = pc.index_in(pa.array(rows.ids), value_set=table["id"].combine_chunks())
    if places.null_count:
        raise ValueError(f"{file} lacks {places.null_count:,} of the {len(rows):,} rows; remove {folder}")
    table = table.take(places)
    chances = np.zeros((len(rows), len(space.labels)))
    predicted = np.array(table["probabilities"].to_pylist(), dtype=np.float64)
    for column, label in zip(predicted.reshape(len(rows), len(labels)).T, labels, strict=True):
        if label in space.labels:
            chances[:, space.labels.index(label)] = column
    return space.read(table[space.label_column]), chances
