"""The rows of a label study: which splits it trains on and judges by, written as manifests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from actors.base import DROPPED, LIVE, row_seed
from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.metrics.label_space import LabelSpace
from pipelines.recipes.ingest import ingest_rows
from pipelines.schema import NO_HUMAN_LABEL, Row
from pipelines.sources.choice import SourceChoice
from pipelines.sources.derived import DerivedSource
from pipelines.sources.packaged.sampling import hash_split
from pipelines.sources.source import Source, StudySplits

Side = Literal["train", "test"]
Part = Literal["learn", "stop"]
STOP_SHARE, STOP_SEED = 0.1, 1  # a tenth of the training rows, as MMBT's authors held out of MM-IMDB


@dataclass(frozen=True)
class SplitFlags:
    """Which rows the classifiers learn from and are judged by."""

    train_split: str | None = None
    """Split that is labelled by models and learnt from; by default the one of the paper, or train."""
    dev_split: str | None = None
    """Split to stop by; by default the paper's, else a tenth is held out of the training rows."""
    test_split: str | None = None
    """Split to judge by, with human labels; by default the paper's, or test."""
    test_data: Path | None = None
    """Your own file or folder to judge by; without it a fifth of --data is, by a hash of its picture, or of
    its words where there is none."""
    train_rows: int | None = None
    """Take the first N rows of the training split alone; of rows held out of it, a ninth as many."""
    dev_rows: int | None = None
    """Take the first N rows to stop by alone."""
    test_rows: int | None = None
    """Take the first N rows of the test split alone."""


@dataclass(frozen=True)
class Splits:
    """Finished manifests: what is labelled and learnt from, stopped by, and judged by."""

    train: Manifest
    dev: Manifest
    test: Manifest

    def named(self) -> dict[str, Manifest]:
        """The manifests by split."""
        return {"train": self.train, "dev": self.dev, "test": self.test}


@dataclass
class HumanLabelled(DerivedSource):
    """The rows of `of`, those without a human label dropped.

    `side` takes those on one side of a hash of the picture (of the words where a row has none, of the id
    where it has neither), `part` those to learn from or those to stop by.
    """

    side: Side | None = None
    part: Part | None = None
    column: str = "human_label"

    def check(self) -> None:
        self.of.check()
        if self.column not in self.columns:
            raise ValueError(
                f"{type(self.of).__name__} has no column {self.column}; a label study compares people's "
                "labels with the models', choose a source with human labels"
            )

    def rows(self) -> Iterator[Row]:
        for row in self.of.rows():
            words = " ".join((row.get("text") or row["id"]).casefold().split())
            key = row["images"][0] if row["images"] else words
            if (self.side and hash_split(key) != self.side) or (self.part and _part(key) != self.part):
                continue
            if row["status"] == LIVE and row[self.column] is None:
                row = row | {"status": DROPPED, "reason": NO_HUMAN_LABEL}
            yield row


@dataclass(frozen=True)
class StudyRows:
    """Where the rows of the study come from."""

    task: Task
    source: SourceChoice
    splits: SplitFlags

    def sources(self) -> dict[str, tuple[Source, int | None]]:
        """Source and number of rows by split: train, dev, test.

        Raises:
            ValueError: a flag does not fit the source.
        """
        if "split" in self.source.flags:
            raise ValueError("--split means nothing here; give --train-split, --dev-split and --test-split")
        first = self.source.documents(self.task)
        if not hasattr(first, "split"):
            return self._limited(*self._own_file(first))
        flags, usual = self.splits, first.splits or StudySplits("train", None, "test")
        usual = usual.several or usual if self.task.multi_label else usual
        if flags.test_data is not None:
            raise ValueError(
                f"--test-data means nothing to {type(first).__name__}, which has splits; give --test-split"
            )
        dev = flags.dev_split or usual.dev
        return self._limited(
            self._split(flags.train_split or usual.train),
            self._split(flags.test_split or usual.test),
            self._split(dev) if dev else None,
        )

    def write(self, out: Path) -> Splits:
        """The splits as manifests under `out`; finished ones are read.

        Raises:
            ValueError: a split cannot be read, has no row to use, or shares rows with another.
        """
        manifests = {}
        for name, (source, limit) in self.sources().items():
            manifests[name] = ingest_rows(source, out / name, limit=limit)
            if not manifests[name].rows["kept"]:
                raise ValueError(f"the {name} split has no live row with a human label; see {out / name}")
        splits = Splits(**manifests)
        _refuse_shared(splits)
        return splits

    def _split(self, name: str) -> HumanLabelled:
        return self._labelled(self.source.changed(split=name).documents(self.task))

    def _labelled(self, source: Source, side: Side | None = None) -> HumanLabelled:
        return HumanLabelled(source, side, column=LabelSpace.of(self.task).human_column)

    def _limited(
        self, train: HumanLabelled, test: HumanLabelled, dev: HumanLabelled | None = None
    ) -> dict[str, tuple[Source, int | None]]:
        """The splits with their numbers of rows; without `dev` a part of the training rows is held out."""
        rows, stop_rows = self.splits.train_rows, None
        if dev is None:
            train, dev = replace(train, part="learn"), replace(train, part="stop")
            stop_rows = None if rows is None else max(1, round(rows * STOP_SHARE / (1 - STOP_SHARE)))
        return {
            "train": (train, rows),
            "dev": (dev, self.splits.dev_rows or stop_rows),
            "test": (test, self.splits.test_rows),
        }

    def _own_file(self, source: Source) -> tuple[HumanLabelled, HumanLabelled]:
        """Training and test rows of a set without splits: two sides of a hash, or --test-data's own file."""
        flags = [name for name in ("train_split", "dev_split", "test_split") if getattr(self.splits, name)]
        if flags:
            flag = "--" + flags[0].replace("_", "-")
            raise ValueError(f"{flag} means nothing to {type(source).__name__}, which has no splits")
        if self.splits.test_data is None:
            return self._labelled(source, "train"), self._labelled(source, "test")
        other = self.source.changed(data=self.splits.test_data).documents(self.task)
        return self._labelled(source), self._labelled(other)


def _part(key: str) -> Part:
    return "stop" if row_seed(STOP_SEED, key) < STOP_SHARE * 2**63 else "learn"


def _refuse_shared(splits: Splits) -> None:
    split_of: dict[str, str] = {}
    for name, manifest in splits.named().items():
        for row_id in manifest.table(["id"])["id"].to_pylist():
            if row_id in split_of:
                raise ValueError(
                    f"row {row_id} is in both {split_of[row_id]} and {name}; what is learnt from and what is "
                    "judged by must be different rows: give other splits, or --test-data with ids of its own"
                )
            split_of[row_id] = name
