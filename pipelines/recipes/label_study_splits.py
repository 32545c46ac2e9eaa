"""The rows of a label study: which splits it trains on and judges by, written as manifests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pyarrow as pa

from actors.base import DROPPED, LIVE
from actors.prompts.task import Task
from pipelines.manifest import Manifest
from pipelines.recipes.ingest import ingest_rows
from pipelines.schema import Row
from pipelines.sources.catalog import SOURCES, SourceFlags, make_source
from pipelines.sources.sampling import hash_split
from pipelines.sources.source import Source
from pipelines.sources.source_flags import StudySplits

Side = Literal["train", "test"]
NO_HUMAN_LABEL = "no_human_label"


@dataclass(frozen=True)
class SplitFlags:
    """Which rows the classifiers learn from and are judged by."""

    train_split: str | None = None
    """Split that is labelled by models and learnt from; by default the one of the paper, or train."""
    dev_split: str | None = None
    """Split to stop by; by default the paper's, else a tenth of the training rows."""
    test_split: str | None = None
    """Split to judge by, with human labels; by default the paper's, or test."""
    test_data: Path | None = None
    """Your own file or folder to judge by; without it a fifth of --data is, by a hash of its words."""
    train_rows: int | None = None
    """Take the first N rows of the training split alone."""
    test_rows: int | None = None
    """Take the first N rows of the test split alone."""


@dataclass(frozen=True)
class Splits:
    """Finished manifests; `dev` None where the trainer holds rows out."""

    train: Manifest
    dev: Manifest | None
    test: Manifest

    def named(self) -> dict[str, Manifest]:
        """The manifests by split."""
        both = {"train": self.train, "test": self.test}
        return both | ({"dev": self.dev} if self.dev is not None else {})


@dataclass
class HumanLabelled(Source):
    """The rows of `of`, those without a human label dropped; with `side` those of one side of a hash of
    the words (the id where a row has none)."""

    of: Source
    side: Side | None = None

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return self.of.columns

    def files(self) -> list[Path]:
        return self.of.files()

    def image_root(self) -> Path | None:
        return self.of.image_root()

    def check(self) -> None:
        self.of.check()
        if "human_label" not in self.columns:
            raise ValueError(
                f"{type(self.of).__name__} has no column human_label; a label study compares one human "
                "label per row with the models' labels, choose a source with human labels"
            )

    def rows(self) -> Iterator[Row]:
        for row in self.of.rows():
            if self.side and hash_split(row.get("text") or row["id"]) != self.side:
                continue
            if row["status"] == LIVE and row["human_label"] is None:
                row = row | {"status": DROPPED, "reason": NO_HUMAN_LABEL}
            yield row


@dataclass(frozen=True)
class StudyRows:
    """Where the rows of the study come from."""

    task: Task
    flags: SourceFlags
    splits: SplitFlags

    def sources(self) -> dict[str, tuple[Source, int | None]]:
        """Source and number of rows by split: train, dev where there is one, test.

        Raises:
            ValueError: a flag does not fit the source.
        """
        if self.flags.split is not None:
            raise ValueError("--split means nothing here; give --train-split, --dev-split and --test-split")
        first = make_source(self.task, self.flags)
        if not hasattr(first, "split"):
            return self._own_file(first)
        chosen, usual = self.splits, self._usual()
        names = {
            "train": chosen.train_split or usual.train,
            "dev": chosen.dev_split or usual.dev,
            "test": chosen.test_split or usual.test,
        }
        limits = {"train": chosen.train_rows, "test": chosen.test_rows}
        return {
            name: (HumanLabelled(make_source(self.task, replace(self.flags, split=split))), limits.get(name))
            for name, split in names.items()
            if split is not None
        }

    def write(self, out: Path) -> Splits:
        """The splits as manifests under `out`; finished ones are read.

        Raises:
            ValueError: a split cannot be read, has no row to use, or shares rows with another.
        """
        made = {}
        for name, (source, limit) in self.sources().items():
            made[name] = ingest_rows(source, out / name, limit=limit)
            if not made[name].rows["kept"]:
                raise ValueError(f"the {name} split has no live row with a human label; see {out / name}")
        splits = Splits(made["train"], made.get("dev"), made["test"])
        _refuse_shared(splits)
        return splits

    def _usual(self) -> StudySplits:
        """The splits of the set in use."""
        name = self.flags.source
        for source, kind in SOURCES.items():
            if kind.splits and (source == name or (name is None and self.task.name in kind.tasks)):
                return kind.splits
        return StudySplits("train", None, "test")

    def _own_file(self, source: Source) -> dict[str, tuple[Source, int | None]]:
        named = [name for name in ("train_split", "dev_split", "test_split") if getattr(self.splits, name)]
        if named:
            flag = "--" + named[0].replace("_", "-")
            raise ValueError(f"{flag} means nothing to {type(source).__name__}, which has no splits")
        train, test = HumanLabelled(source, "train"), HumanLabelled(source, "test")
        if self.splits.test_data is not None:
            other = make_source(self.task, replace(self.flags, data=self.splits.test_data))
            train, test = HumanLabelled(source), HumanLabelled(other)
        return {"train": (train, self.splits.train_rows), "test": (test, self.splits.test_rows)}


def _refuse_shared(splits: Splits) -> None:
    seen: dict[str, str] = {}
    for name, manifest in splits.named().items():
        for row_id in manifest.table(["id"])["id"].to_pylist():
            if row_id in seen:
                raise ValueError(
                    f"row {row_id} is in both {seen[row_id]} and {name}; what is learnt from and what is "
                    "judged by must be different rows: give other splits, or --test-data with ids of its own"
                )
            seen[row_id] = name
