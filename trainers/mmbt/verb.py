"""`python -m trainers mmbt`: the classifier that shows what labels are worth (paper A §3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.command_line.verb import value_of, with_flags
from pipelines.engine.run_folder import TRAINING, RunFolder
from trainers.loop.launch import WorkerFlags, launch
from trainers.mmbt.settings import POCKET, PRESETS, MmbtSettings, Preset

if TYPE_CHECKING:
    from trainers.mmbt.request import Request

Flat = tyro.conf.arg(name="")
TOKENS = "picture-tokens"


@absolute_paths
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
    training: MmbtSettings | None = None,
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
        preset: The set of values for all settings that are not given.
        training: The settings; those of the preset where they are left out.
    """
    from actors.prompts.task import load_task
    from trainers.mmbt.request import check_request

    settings = training or PRESETS[preset]
    settings.check()
    if labels_of is not None:
        if classes:
            raise ValueError("--classes and --labels-of both say which labels there are; give one of them")
        classes = tuple(load_task(labels_of).labels)
    request = check_request(
        manifests, dev, test, labels=labels, classes=classes, settings=settings, preset=preset
    )
    _check_workers(workers)
    train_mmbt(request, out, workers)


def mmbt_flags(arguments: Sequence[str]) -> Callable[..., None]:
    """`mmbt` with the settings of the preset that the arguments name as its flags' defaults."""
    preset = value_of("--preset", arguments) or "pocket"
    return with_flags(mmbt, training=PRESETS.get(preset, POCKET))


def _check_workers(flags: WorkerFlags) -> None:
    if flags.workers < 0:
        raise ValueError(f"--workers {flags.workers}: expected 0 (in this process) or more")
    of_ray = [name for name in ("gpus", "cpus", "address") if getattr(flags, name) is not None]
    if flags.workers == 0 and of_ray:
        raise ValueError(
            f"--{of_ray[0]} is for workers of Ray, and --workers is 0 (in this process); give --workers 1 or "
            f"more, or leave --{of_ray[0]} out"
        )


def train_mmbt(request: Request, out: Path, workers: WorkerFlags) -> None:
    """Trains `request` to its end in `out`, or goes on with it, and prints its results."""
    from trainers.loop.checkpoint import check_engine
    from trainers.loop.metrics import progress_shown
    from trainers.mmbt.request import check_model, new_session, prepare_rows
    from trainers.mmbt.results import print_closing, write_everything
    from trainers.mmbt.run import MmbtRun, progress_line

    RunFolder(out).check(request.identity())
    check_engine(out, out / "checkpoints", workers=workers.workers, zero=request.settings.zero)
    if (out / TRAINING).is_file():
        print(f"{out} is finished already")
        print_closing(out)
        return
    check_model(request.settings, request.classes, multi_label=request.splits.multi_label)
    with RunFolder(out).locked():
        with new_session(out, request) as session:
            prepared = prepare_rows(request, out / "prepared")
        run = MmbtRun(out, session, request.settings, request.preset, out / "prepared" / TOKENS)
        if not run.answers.is_file():
            from trainers.mmbt.loop import train

            with progress_shown(lambda: progress_line(run)):
                launch(run, train, workers)
        write_everything(run, prepared, request.identity())
    print_closing(out)
