"""One start of an MMBT training: its folder, and what its workers write there."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from actors.models.mmbt.config import MmbtConfig
from pipelines.manifest import write_json
from trainers.loop.metrics import write_lines
from trainers.loop.trainee import Run
from trainers.mmbt.course import Course
from trainers.mmbt.prepared import Prepared
from trainers.mmbt.settings import MmbtSettings

if TYPE_CHECKING:
    from actors.models.mmbt.model import MmbtModel

Builder = Callable[[MmbtConfig, int, str], "MmbtModel"]  # from configuration, seed and preset's name
SHOWN_S = 0.5  # between two writes of the progress file
COURSE = "course.json"


def build_pretrained(config: MmbtConfig, seed: int, preset: str) -> MmbtModel:
    """The untrained model of the pretrained parts that `config` names."""
    from actors.models.mmbt.folder import build_mmbt

    return build_mmbt(config, seed=seed, preset=preset)


@dataclass(frozen=True)
class MmbtRun(Run):
    """`tokens` is the folder of the frozen backbone's picture tokens, which several runs may share.

    Without `keep_weights` only answers stay; without `checkpointed` a killed run begins again; without
    `tensorboard` the curve is in `metrics.jsonl` alone.
    """

    settings: MmbtSettings
    preset: str
    tokens: Path
    keep_weights: bool = True
    checkpointed: bool = True
    tensorboard: bool = True
    build: Builder = build_pretrained

    @property
    def answers(self) -> Path:
        """Logits of dev and test rows by the best epoch; there when the training is over."""
        return self.out / "answers.npz"

    @property
    def progress(self) -> Path:
        return self.out / "progress.json"

    def config(self, prepared: Prepared) -> MmbtConfig:
        """The configuration that the model is built from."""
        return self.settings.config(prepared.classes, multi_label=prepared.multi_label)

    def model(self, prepared: Prepared) -> MmbtModel:
        """The untrained model, the same for the same seed."""
        return self.build(self.config(prepared), self.settings.seed, self.preset)

    def show(self, course: Course, total: int) -> None:
        """Writes the state of the training to `progress`, unless that is younger than SHOWN_S seconds."""
        if self.progress.is_file() and time.time() - self.progress.stat().st_mtime < SHOWN_S:
            return
        write_json(
            self.progress,
            {
                "step": course.step,
                "total": total,
                "epoch": course.epoch,
                "epochs": self.settings.epochs,
                "loss": course.loss / course.mass,
                "best": course.best,
            },
        )

    def write_curve(self, course: Course) -> None:
        """Writes `metrics.jsonl`: one line per finished epoch."""
        write_lines(course.curve, self.metrics)

    def write_results(
        self, course: Course, answers: Mapping[str, Any], weights: Mapping[str, Any], total: int
    ) -> None:
        """The best epoch's weights, the course, and last the answers, which say that all is there."""
        import numpy as np

        from trainers.loop.engines import save_weights

        self.write_curve(course)
        if self.keep_weights:
            save_weights(dict(weights), self.trained)
        ended = course.over(self.settings, total)
        write_json(self.out / COURSE, dataclasses.asdict(course) | {"ended": ended})
        part = self.answers.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **dict(answers))
        part.replace(self.answers)


def progress_line(run: MmbtRun) -> str | None:
    """`epoch 3 of at most 6, step 40 of at most 160, loss 0.512, best 0.812`; None before the first step."""
    try:
        state = json.loads(run.progress.read_text())
    except FileNotFoundError:
        return None
    best = "" if state["best"] is None else f", best {abs(state['best']):.3f}"
    return (
        f"epoch {state['epoch'] + 1} of at most {state['epochs']}, step {state['step']} of at most "
        f"{state['total']}, loss {state['loss']:.3f}{best}"
    )
