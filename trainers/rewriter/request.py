"""The request for a training of the rewriter: its checks, its rows, and its exports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from actors.prompts.rewriting import rewriting_prompt
from pipelines.engine.run_folder import TRAINING, RunFolder
from pipelines.manifest import Manifest, write_json
from trainers.loop.checkpoint import check_engine
from trainers.loop.launch import WorkerFlags
from trainers.loop.loss_plot import write_loss_plot
from trainers.loop.metrics import read_metrics, run_record, step_figures
from trainers.loop.settings import TrainingSettings
from trainers.loop.trainee import Job, Trainee
from trainers.rewriter.base_model import BaseModel, find_base
from trainers.rewriter.closing import model_card
from trainers.rewriter.data import Encoder, Limits
from trainers.rewriter.prepared import Counts, check_columns, prepare


@dataclass(frozen=True)
class Request:
    """A run that passed every check that needs no model."""

    manifests: list[Manifest]
    out: Path
    base: BaseModel
    settings: TrainingSettings
    workers: WorkerFlags

    def identity(self) -> dict[str, Any]:
        """Facts that decide the trained weights; a run goes on only while all are unchanged."""
        return {
            "settings": asdict(self.settings),
            "base": self.base.identity(),
            "manifests": {
                str(one.path.resolve()): {"name": one.name, "created": one.created, "rows": one.rows}
                for one in self.manifests
            },
        }

    def job(self, session: str) -> Job:
        """The start `session` of this run."""
        return Job(self.out, session, self.settings, partial(flamingo_trainee, self.base))


def flamingo_trainee(base: BaseModel, settings: TrainingSettings) -> Trainee:
    """The Flamingo to train; called in the workers, where torch and the model are imported."""
    from trainers.rewriter.flamingo_trainee import FlamingoTrainee

    return FlamingoTrainee(base, settings)


def check_request(
    folders: Sequence[Path], out: Path, base: str, settings: TrainingSettings, workers: WorkerFlags
) -> Request:
    """The request, after all that can be checked before rows are read or a model loads.

    Raises:
        ValueError: what is wrong, and what to do.
    """
    settings.check()
    if workers.workers < 0:
        raise ValueError(f"--workers {workers.workers}: expected 0 (in this process) or more")
    manifests = [Manifest.read(folder) for folder in folders]
    if not manifests:
        raise ValueError("no manifest; give the output folder of `python -m pipelines distort`")
    if len({one.path.resolve() for one in manifests}) < len(manifests):
        raise ValueError(f"a manifest is given twice: {', '.join(map(str, folders))}")
    for one in manifests:
        check_columns(one)
    model = find_base(base)
    if model.context is not None and model.context < settings.context:
        raise ValueError(
            f"{base} reads at most {model.context} tokens and the preset wants {settings.context}; "
            f"give --context {model.context} or less"
        )
    request = Request(manifests, out, model, settings, workers)
    RunFolder(out).check(request.identity())
    check_engine(out, out / "checkpoints", workers=workers.workers, zero=settings.zero)
    return request


def prepare_rows(request: Request) -> Counts:
    """Counts of the rows as examples on disk; written on the first start of the run."""
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


def finish(request: Request, job: Job, counts: Counts) -> None:
    """Exports adapter and model with their cards, the loss plot, and at last `training.json`."""
    from trainers.rewriter.export import ADAPTER, MODEL, export

    numbers = export(job.trained, request.base, request.settings, request.out)
    facts = {"rows": asdict(counts), "numbers": numbers, "figures": step_figures(request.out)}
    training = run_record(request.out, {**request.identity(), **facts})
    training["workers"] = request.workers.workers
    for kind in (ADAPTER, MODEL):
        if (request.out / kind).is_dir():
            (request.out / kind / "README.md").write_text(model_card(training, kind=kind))
    losses = [step.loss for step in read_metrics(job.metrics)]
    write_loss_plot(losses, request.out / "loss.svg", title="Loss per target token")
    write_json(request.out / TRAINING, training)
