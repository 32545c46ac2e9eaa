"""`python -m trainers rewriter`: a Flamingo learns to undo distortion (paper B §3.2)."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from pipelines.engine.run_folder import TRAINING, RunFolder
from pipelines.manifest import Manifest, write_json
from trainers.loop.launch import WorkerFlags, launch
from trainers.loop.metrics import read_metrics, watched
from trainers.loop.trainee import Job, Trainee
from trainers.rewriter.base_model import BaseModel, find_base
from trainers.rewriter.closing import print_closing, print_plan
from trainers.rewriter.flags import TrainingFlags
from trainers.rewriter.stages import TrainingSettings

if TYPE_CHECKING:
    from trainers.rewriter.prepared import Counts

logger = logging.getLogger(__name__)

Flat = tyro.conf.arg(name="")


@dataclass(frozen=True)
class Request:
    """A run that passed every check that needs no model."""

    manifests: list[Manifest]
    out: Path
    base: BaseModel
    settings: TrainingSettings
    workers: WorkerFlags

    def identity(self) -> dict[str, Any]:
        """What decides the trained weights; a run goes on only while all of it is unchanged."""
        return {
            "settings": asdict(self.settings),
            "base": self.base.identity(),
            "manifests": {
                str(one.path.resolve()): {"name": one.name, "created": one.created, "rows": one.rows}
                for one in self.manifests
            },
        }


def rewriter(
    manifests: tyro.conf.Positional[tuple[Path, ...]],
    *,
    out: Path,
    base: str = "pocket",
    preset: Literal["paper", "pocket"] = "pocket",
    training: Annotated[TrainingFlags, Flat] = TrainingFlags(),
    workers: Annotated[WorkerFlags, Flat] = WorkerFlags(),
    plan: bool = False,
) -> None:
    """Trains Polite Flamingo: from instruction, pictures and a distorted response to the original one.

    The same command again goes on where a stopped run was; a finished one says so. `paper` is Table 4:
    LoRA of rank 64, 255k rows, 3 epochs, rate 1e-4, batches of 256, 1024 tokens, bf16, ZeRO-2. `pocket`
    trains the pocket Flamingo on a CPU in minutes.

    Args:
        manifests: Output folders of `python -m pipelines distort`.
        out: Folder for the result; on several nodes one that all of them see.
        base: Flamingo to start from: `pocket`, `openflamingo-9b-336` and other published ones, or a folder
            that save_flamingo wrote.
        preset: Where every setting comes from that is not given.
        plan: Read and count the rows, print steps, tokens and padding, and stop.
    """
    request = checked(manifests, out, base, training.settings(preset), workers)
    if (out / TRAINING).is_file():
        print(f"{out} is finished already")
        print_closing(out)
        return
    folder = RunFolder(out)
    with folder.locked():
        name = folder.begin(request.identity())
        counts = prepared(request)
        job = Job(out, name, request.settings, partial(flamingo_trainee, request.base))
        if plan:
            print_plan(job, max(1, workers.workers), counts)
            return
        train_to_the_end(job, workers)
        finish(request, job, counts)
    print_closing(out)


def flamingo_trainee(base: BaseModel, settings: TrainingSettings) -> Trainee:
    """Runs in the workers, which import torch and the model."""
    from trainers.rewriter.flamingo_trainee import FlamingoTrainee

    return FlamingoTrainee(base, settings)


def checked(
    manifests: Sequence[Path], out: Path, base: str, settings: TrainingSettings, workers: WorkerFlags
) -> Request:
    """The request, after all that can be checked before rows are read or a model loads.

    Raises:
        ValueError: what is wrong, and what to do.
    """
    from trainers.loop.checkpoint import check_engine
    from trainers.rewriter.prepared import check_columns

    if workers.workers < 0:
        raise ValueError(f"--workers {workers.workers}: expected 0 (in this process) or more")
    found = [Manifest.read(folder) for folder in manifests]
    if not found:
        raise ValueError("no manifest; give the output folder of `python -m pipelines distort`")
    if len({one.path.resolve() for one in found}) < len(found):
        raise ValueError(f"a manifest is given twice: {', '.join(map(str, manifests))}")
    for one in found:
        check_columns(one)
    model = find_base(base)
    if model.context is not None and model.context < settings.context:
        raise ValueError(
            f"{base} reads at most {model.context} tokens and the preset wants {settings.context}; "
            f"give --context {model.context} or less"
        )
    request = Request(found, out, model, settings, workers)
    RunFolder(out).check(request.identity())
    check_engine(out, out / "checkpoints", workers=workers.workers, zero=settings.zero)
    return request


def prepared(request: Request) -> Counts:
    """Counts of the rows as examples on disk; written on the first start of the run."""
    from actors.prompts.rewriting import rewriting_prompt
    from trainers.rewriter.data import Encoder, Limits
    from trainers.rewriter.prepared import Counts, prepare

    folder = request.out / "prepared"
    file = folder / "counts.json"
    if file.is_file():
        return Counts(**json.loads(file.read_text()))
    settings = request.settings
    prompt = partial(rewriting_prompt, released_spelling=request.base.released_spelling)
    limits = Limits(settings.context, settings.max_images, settings.over_long)
    encoder = Encoder(request.base.tokens(), prompt, limits)
    counts = prepare(request.manifests, encoder, folder, rows=settings.rows, seed=settings.seed)
    write_json(file, asdict(counts))
    return counts


def train_to_the_end(job: Job, workers: WorkerFlags) -> None:
    """Returns when `job.trained` is there."""
    from trainers.loop.checkpoint import claim
    from trainers.rewriter.prepared import Examples
    from trainers.rewriter.step_plans import schedule_of

    if job.trained.is_file():
        return
    claim(job)
    total = schedule_of(Examples(job.prepared), job.settings).num_steps
    logger.info("training %d steps with %s workers", total, workers.workers or "no")
    with watched(job, total):
        launch(job, workers)


def finish(request: Request, job: Job, counts: Counts) -> None:
    """Exports adapter and model with their cards, the loss plot, and at last `training.json`."""
    from trainers.loop.loss_plot import write_loss_plot
    from trainers.rewriter.closing import training_record
    from trainers.rewriter.export import ADAPTER, MODEL, export
    from trainers.rewriter.model_card import model_card

    numbers = export(job.trained, request.base, request.settings, request.out)
    steps = read_metrics(job.metrics)
    training = training_record(request.out, request.identity(), counts, numbers)
    training["workers"] = request.workers.workers
    for kind in (ADAPTER, MODEL):
        if (request.out / kind).is_dir():
            (request.out / kind / "README.md").write_text(model_card(training, kind=kind))
    write_loss_plot([step.loss for step in steps], request.out / "loss.svg", title="Loss per target token")
    write_json(request.out / TRAINING, training)
