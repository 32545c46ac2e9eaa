"""The request for a training of MMBT: its checks, its identity, and its rows on the first start."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from actors.models.mmbt.config import check_parts
from actors.models.mmbt.pixels import PUBLISHED, scale_of
from pipelines.engine.run_folder import RunFolder
from pipelines.manifest import Manifest
from trainers.mmbt.prepared import (
    ABOUT,
    Prepared,
    SplitManifests,
    SplitRows,
    read_prepared,
    read_splits,
    write_prepared,
)
from trainers.mmbt.rows import check_columns, read_label_table
from trainers.mmbt.settings import MmbtSettings

UNNAMED = ("", " ")  # placeholders where the rows decide the classes


@dataclass(frozen=True)
class Request:
    """A training that passed every check that needs no row and no model."""

    splits: SplitManifests
    labels: Path | None
    classes: tuple[str, ...]
    settings: MmbtSettings
    preset: str

    def identity(self) -> dict[str, Any]:
        """Facts that decide the trained weights; a run goes on only while all are unchanged."""
        by_kind = {"train": self.splits.train, "test": self.splits.tests}
        dev, scale = self.splits.dev, scale_of(self.settings.image_model)
        return {
            "settings": {k: v for k, v in asdict(self.settings).items() if k != "checkpoint_s"},
            "preset": self.preset,
            "sources": {kind: [_facts(one) for one in manifests] for kind, manifests in by_kind.items()},
            "dev_source": None if dev is None else _facts(dev),
            "label_table": None if self.labels is None else _file(self.labels),
            "classes": list(self.classes),
            **({} if scale == PUBLISHED else {"pixels": [list(scale.mean), list(scale.std)]}),
        }


@contextmanager
def new_session(out: Path, request: Request) -> Iterator[str]:
    """Name of this start of the run in `out`, while its rows are prepared. Where a start finds a
    mistake in them before any was prepared, nothing is left that would refuse the corrected command."""
    first = not (out / "prepared" / ABOUT).is_file()
    folder = RunFolder(out)
    session = folder.begin(request.identity())
    try:
        yield session
    except ValueError:
        if first:
            shutil.rmtree(out / "prepared", ignore_errors=True)
            folder.state.unlink()
        raise


def prepare_rows(request: Request, folder: Path, rows: SplitRows | None = None) -> Prepared:
    """The request's rows on disk, written on the first start of the run; `rows` are those of its
    splits where they were read already."""
    if (folder / ABOUT).is_file():
        return read_prepared(folder)
    multi_label = request.splits.multi_label
    table = None if request.labels is None else read_label_table(request.labels, multi_label=multi_label)
    rows, settings = rows or read_splits(request.splits), request.settings
    return write_prepared(
        rows, table, folder, classes=request.classes, held_out=settings.held_out, seed=settings.seed
    )


def check_request(
    train: Sequence[Path],
    dev: Path | None,
    tests: Sequence[Path],
    *,
    labels: Path | None,
    classes: Sequence[str],
    settings: MmbtSettings,
    preset: str,
) -> Request:
    """The request, after all that can be checked before rows are read or a model loads.

    Raises:
        ValueError: what is wrong, and what to do.
    """
    splits = check_splits(train, dev, tests)
    if labels is not None and not labels.is_file():
        raise ValueError(f"--labels {labels}: there is no such file")
    check_classes(classes, multi_label=splits.multi_label)
    return Request(splits, labels, tuple(classes), settings, preset)


def check_classes(classes: Sequence[str], *, multi_label: bool) -> None:
    """Raises ValueError unless a classifier can have `classes`; empty means those of the rows."""
    if len(set(classes)) < len(classes):
        raise ValueError(f"classes name one twice: {list(classes)}")
    if len(classes) == 1 and not multi_label:
        raise ValueError(f"classes name {classes[0]!r} alone; a classifier needs at least two")


def check_model(settings: MmbtSettings, classes: Sequence[str], *, multi_label: bool) -> None:
    """Raises ValueError unless the pretrained parts can be had and fit."""
    check_parts(settings.config(classes or UNNAMED, multi_label=multi_label))


def check_splits(train: Sequence[Path], dev: Path | None, tests: Sequence[Path]) -> SplitManifests:
    """The manifests of all folders.

    Raises:
        ValueError: no folder to train on, one given twice, or one whose rows cannot be labelled.
    """
    if not train:
        raise ValueError("no manifest to train on; give the output folder of `python -m pipelines ingest`")
    for kind, folders in (("to train on", train), ("with --test", tests)):
        if len({folder.resolve() for folder in folders}) < len(folders):
            raise ValueError(f"a manifest is given twice {kind}: {', '.join(map(str, folders))}")
    to_train, to_test = [Manifest.read(one) for one in train], [Manifest.read(one) for one in tests]
    to_stop = None if dev is None else Manifest.read(dev)
    multi_label = check_columns(to_train[0])
    for one in (*to_train[1:], *to_test, *([] if to_stop is None else [to_stop])):
        check_columns(one, multi_label=multi_label)
    return SplitManifests(to_train, to_stop, to_test, multi_label)


def _facts(manifest: Manifest) -> dict[str, Any]:
    """Facts about a data set that must not change between the starts of a run."""
    return {
        "path": str(manifest.path.resolve()),
        "name": manifest.name,
        "created": manifest.created,
        "rows": manifest.rows,
    }


def _file(path: Path) -> dict[str, str]:
    with path.open("rb") as content:
        return {"path": str(path.resolve()), "sha256": hashlib.file_digest(content, "sha256").hexdigest()}
