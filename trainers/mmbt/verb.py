"""`python -m trainers mmbt`: the classifier that shows what labels are worth (paper A §3.3)."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from actors.models.mmbt.parts import check_parts
from actors.models.mmbt.pixels import PUBLISHED, scale_of
from actors.prompts.task import load_task
from pipelines.engine.run_folder import TRAINING, RunFolder
from pipelines.manifest import Manifest
from trainers.loop.launch import WorkerFlags, launch
from trainers.loop.metrics import shown_while
from trainers.mmbt.flags import MmbtFlags
from trainers.mmbt.prepared import ABOUT, Prepared, Sources, read_prepared, read_sources, write_prepared
from trainers.mmbt.rows import check_columns, read_label_table
from trainers.mmbt.settings import MmbtSettings, Preset

logger = logging.getLogger(__name__)

Flat = tyro.conf.arg(name="")
TOKENS = "picture-tokens"
UNNAMED = ("", " ")  # classes that only the rows will tell


@dataclass(frozen=True)
class Request:
    """A training that passed every check that needs no row and no model."""

    sources: Sources
    labels: Path | None
    classes: tuple[str, ...]
    settings: MmbtSettings
    preset: str

    def identity(self) -> dict[str, Any]:
        """What decides the trained weights; a run goes on only while all of it is unchanged."""
        named = {"train": self.sources.train, "test": self.sources.tests}
        dev = self.sources.dev
        return {
            "settings": {k: v for k, v in asdict(self.settings).items() if k != "checkpoint_s"},
            "preset": self.preset,
            "sources": {kind: [_source(one) for one in found] for kind, found in named.items()},
            "dev_source": None if dev is None else _source(dev),
            "label_table": None if self.labels is None else _file(self.labels),
            "classes": list(self.classes),
            **_pixels(self.settings.image_model),
        }


def mmbt(
    manifests: tyro.conf.Positional[tuple[Path, ...]],
    *,
    out: Path,
    test: tuple[Path, ...] = (),
    dev: Path | None = None,
    labels: Path | None = None,
    classes: tuple[str, ...] = (),
    labels_of: str | None = None,
    preset: Preset = "pocket",
    training: Annotated[MmbtFlags, Flat] = MmbtFlags(),
    workers: Annotated[WorkerFlags, Flat] = WorkerFlags(workers=0),
) -> None:
    """Trains MMBT to label texts with pictures, and tests it against human labels.

    The same command again goes on where a stopped run was; a finished one says so. `mmbt` and `mmf` are the
    two published sets of hyper-parameters (ResNet-152 and BERT-base), `pocket` trains on a CPU in seconds.

    Args:
        manifests: Output folders of `python -m pipelines ingest` to train on.
        out: Folder for the result; on several nodes one that all of them see.
        test: Folders to test on.
        dev: Folder to stop on; without it a share of the training rows is held out.
        labels: Parquet file with `id` and `label` (or `labels`), maybe `weight`: train on these labels
            instead of the human ones, and on no other row.
        classes: The labels there are; by default all human labels of the training rows.
        labels_of: A labelling task, by name or YAML file, whose labels are the classes.
        preset: Where every setting comes from that is not given.
    """
    settings = training.settings(preset)
    if labels_of is not None:
        if classes:
            raise ValueError("--classes and --labels-of both say which labels there are; give one of them")
        classes = tuple(load_task(labels_of).labels)
    request = checked(manifests, dev, test, labels=labels, classes=classes, settings=settings, preset=preset)
    _check_workers(workers)
    train_mmbt(request, out, workers)


def _check_workers(flags: WorkerFlags) -> None:
    if flags.workers < 0:
        raise ValueError(f"--workers {flags.workers}: expected 0 (in this process) or more")
    given = [name for name in ("gpus", "cpus", "address") if getattr(flags, name) is not None]
    if flags.workers == 0 and given:
        raise ValueError(
            f"--{given[0]} is for workers of Ray, and --workers is 0 (in this process); give --workers 1 or "
            f"more, or leave --{given[0]} out"
        )


def train_mmbt(request: Request, out: Path, workers: WorkerFlags) -> None:
    """Trains `request` to its end in `out`, or goes on with it, and prints what came of it."""
    from trainers.loop.checkpoint import check_engine, claim
    from trainers.mmbt.results import print_closing, write_everything
    from trainers.mmbt.run import MmbtRun, progress_line

    RunFolder(out).check(request.identity())
    check_engine(out, out / "checkpoints", workers=workers.workers, zero=request.settings.zero)
    if (out / TRAINING).is_file():
        print(f"{out} is finished already")
        print_closing(out)
        return
    check_model(request.settings, request.classes, multi_label=request.sources.multi_label)
    with RunFolder(out).locked():
        with begun(out, request) as session:
            found = prepared(request, out / "prepared")
        run = MmbtRun(out, session, request.settings, request.preset, out / "prepared" / TOKENS)
        claim(run)
        if not run.answers.is_file():
            with shown_while(lambda: progress_line(run)):
                launch(run, workers)
        write_everything(run, found, request.identity())
    print_closing(out)


@contextmanager
def begun(out: Path, request: Request) -> Iterator[str]:
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


def prepared(request: Request, folder: Path) -> Prepared:
    """The request's rows on disk, written on the first start of the run."""
    if (folder / ABOUT).is_file():
        return read_prepared(folder)
    multi_label = request.sources.multi_label
    table = None if request.labels is None else read_label_table(request.labels, multi_label=multi_label)
    settings = request.settings
    return write_prepared(
        read_sources(request.sources),
        table,
        folder,
        classes=request.classes,
        held_out=settings.held_out,
        seed=settings.seed,
    )


def checked(
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
    sources = checked_sources(train, dev, tests)
    if labels is not None and not labels.is_file():
        raise ValueError(f"--labels {labels}: there is no such file")
    check_classes(classes, multi_label=sources.multi_label)
    return Request(sources, labels, tuple(classes), settings, preset)


def check_classes(classes: Sequence[str], *, multi_label: bool) -> None:
    """Raises ValueError unless there can be a classifier for `classes` (none: those of the rows)."""
    if len(set(classes)) < len(classes):
        raise ValueError(f"classes name one twice: {list(classes)}")
    if len(classes) == 1 and not multi_label:
        raise ValueError(f"classes name {classes[0]!r} alone; a classifier needs at least two")


def check_model(settings: MmbtSettings, classes: Sequence[str], *, multi_label: bool) -> None:
    """Raises ValueError unless the pretrained parts can be had and fit."""
    check_parts(settings.config(classes or UNNAMED, multi_label=multi_label))


def checked_sources(train: Sequence[Path], dev: Path | None, tests: Sequence[Path]) -> Sources:
    """The manifests of all folders.

    Raises:
        ValueError: none to train on, one given twice, or one that is no set to label.
    """
    if not train:
        raise ValueError("no manifest to train on; give the output folder of `python -m pipelines ingest`")
    for kind, folders in (("to train on", train), ("with --test", tests)):
        if len({folder.resolve() for folder in folders}) < len(folders):
            raise ValueError(f"a manifest is given twice {kind}: {', '.join(map(str, folders))}")
    trains, judged = [Manifest.read(one) for one in train], [Manifest.read(one) for one in tests]
    stops = None if dev is None else Manifest.read(dev)
    multi_label = check_columns(trains[0])
    for one in (*trains[1:], *judged, *([] if stops is None else [stops])):
        check_columns(one, multi_label=multi_label)
    return Sources(trains, stops, judged, multi_label)


def _source(manifest: Manifest) -> dict[str, Any]:
    return {
        "path": str(manifest.path.resolve()),
        "name": manifest.name,
        "created": manifest.created,
        "rows": manifest.rows,
    }


def _file(path: Path) -> dict[str, str]:
    with path.open("rb") as content:
        return {"path": str(path.resolve()), "sha256": hashlib.file_digest(content, "sha256").hexdigest()}


def _pixels(image_model: str) -> dict[str, Any]:
    """What pixels are normalised by, where it is not as published."""
    scale = scale_of(image_model)
    return {} if scale == PUBLISHED else {"pixels": [list(scale.mean), list(scale.std)]}
