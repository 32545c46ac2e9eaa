"""`python -m trainers rewriter`: a Flamingo learns to undo distortion (paper B §3.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.command_line.verb import value_of, with_flags
from pipelines.engine.run_folder import TRAINING, RunFolder
from trainers.loop.launch import WorkerFlags
from trainers.loop.settings import TrainingSettings
from trainers.rewriter.presets import POCKET_REWRITER, REWRITER_PRESETS

Flat = tyro.conf.arg(name="")


@absolute_paths
def rewriter(
    manifests: tyro.conf.Positional[tuple[Path, ...]],
    *,
    out: Path,
    base: str = "pocket",
    preset: Literal["paper", "pocket"] = "pocket",
    training: TrainingSettings | None = None,
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
        preset: The set of values for all settings that are not given.
        training: The settings; those of the preset where they are left out.
        plan: Read and count the rows, print steps, tokens and padding, and stop.
    """
    from trainers.rewriter.closing import print_closing, print_plan
    from trainers.rewriter.request import check_request, finish, prepare_rows

    request = check_request(manifests, out, base, training or REWRITER_PRESETS[preset], workers)
    if (out / TRAINING).is_file():
        print(f"{out} is finished already")
        print_closing(out)
        return
    folder = RunFolder(out)
    with folder.locked():
        job = request.job(folder.begin(request.identity()))
        counts = prepare_rows(request)
        if plan:
            print_plan(job, max(1, workers.workers), counts)
            return
        from trainers.loop.train import train_to_the_end

        train_to_the_end(job, workers)
        finish(request, job, counts)
    print_closing(out)


def rewriter_flags(arguments: Sequence[str]) -> Callable[..., None]:
    """`rewriter` with the settings of the preset that the arguments name as its flags' defaults."""
    preset = value_of("--preset", arguments) or "pocket"
    return with_flags(rewriter, training=REWRITER_PRESETS.get(preset, POCKET_REWRITER))
