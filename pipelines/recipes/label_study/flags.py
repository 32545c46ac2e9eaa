"""The flags of `label-study`, and their defaults by task."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml

from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams
from actors.prompts.task import Task
from pipelines.model_sets import load_model_set
from pipelines.recipes.annotate import AskFlags, ModeFlags
from pipelines.recipes.flags import Flat, PoolFlags
from pipelines.reports.label_study.paper import paper_annotator

Cleaning = Literal["classifier", "text", "off"]
Preset = Literal["mmbt", "mmf", "pocket"]

# Hyper-parameters by task where --models is not pocket: MMF's were published for Hateful Memes, those of
# MMBT's authors for MM-IMDB.
PRESETS: Mapping[str, Preset] = {"hateful_memes": "mmf", "hateful_memes_ranking": "mmf"}


@dataclass(frozen=True)
class LabelFlags(ModeFlags):
    """Annotators of the training rows; --models decides annotator and classifier."""

    annotator: tuple[str, ...] = ()
    """Names from `list`, hub ids or NAME=FOLDER; by default the one of the paper's Table 1, or the set's."""
    labelled: tuple[Path, ...] = ()
    """Finished `annotate` runs over the training rows; nobody else labels unless --annotator is given."""
    params: Annotated[GenerationParams, Flat] = field(default_factory=GenerationParams)
    engine_options: Annotated[EngineOptions, Flat] = field(default_factory=EngineOptions)
    pool: Annotated[PoolFlags, Flat] = field(default_factory=PoolFlags)

    def names(self, task: Task) -> tuple[str, ...]:
        """Annotators to run: those of the flag, else the paper's for the task or the model set's."""
        if self.annotator or self.labelled:
            return self.annotator
        printed = paper_annotator(task) if self.models == "paper" else None
        return (printed or load_model_set(self.models).annotator,)

    def ask(self, annotator: str) -> AskFlags:
        """The flags of one annotator's run."""
        return AskFlags(annotator=annotator, **{f.name: getattr(self, f.name) for f in fields(ModeFlags)})


@dataclass(frozen=True)
class ClassifierFlags:
    """Classifiers and the labels to train them on."""

    seeds: int = 3
    """Trainings on each kind of labels; every one draws its own human labels where only some are used."""
    preset: Preset | None = None
    """Hyper-parameters of MMBT; by default pocket with --models pocket, else the published ones."""
    training: tuple[str, ...] = ()
    """Other settings of `trainers mmbt` as NAME=VALUE, such as epochs=4 image-model=resnet18."""
    keep: tuple[float, ...] = (0.5,)
    """Shares of the model's surest labels to train on."""
    mix: tuple[float, ...] = (0.1,)
    """Shares of human labels, the rest by the model."""
    human: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5)
    """Shares of the human labels alone: the curve that says what labels are worth."""
    cleaning: Cleaning = "classifier"
    """Find wrong labels with classifiers or TF-IDF text models that have not seen the row; or off."""
    trainings_at_once: int | None = None
    """Trainings side by side, one CPU each; by default one per core. 0: in turn, without Ray."""
    folds: int = 3
    """Folds of the training rows for cleaning; with classifiers as many more trainings per annotator."""

    def check(self) -> None:
        """Raises ValueError where a share is not between 0 and 1, or a number too small."""
        for name in ("keep", "mix", "human"):
            for share in getattr(self, name):
                if not 0 < share < 1:
                    form = "give numbers between 0 and 1, such as 0.1"
                    raise ValueError(f"--{name} {share} is no share; {form}")
        if self.seeds < 1:
            raise ValueError(f"--seeds is {self.seeds}, expected at least 1; 3 or more give an interval")
        if self.cleaning != "off" and self.folds < 2:
            raise ValueError(f"--folds is {self.folds}, expected at least 2, or --cleaning off")

    def settings(self, task: Task, models: str) -> dict[str, Any]:
        """The trainer's settings by name.

        Raises:
            ValueError: a text that is not NAME=VALUE.
        """
        standard = "pocket" if models == "pocket" else PRESETS.get(task.name, "mmbt")
        settings: dict[str, Any] = {"preset": self.preset or standard}
        for text in self.training:
            name, equals, value = text.partition("=")
            if not equals or not name.strip() or not value.strip():
                raise ValueError(f"--training {text!r} is not NAME=VALUE, such as epochs=4")
            settings[name.strip().replace("-", "_")] = _number(value.strip())
        return settings

    def cleaning_words(self) -> str:
        """How wrong labels are found, in words for the page."""
        return {
            "classifier": "confident learning (cleanlab); chances by this classifier in "
            f"{self.folds}-fold cross-validation on the model's labels, one seed; suspected labels are not "
            "learnt from",
            "text": "confident learning (cleanlab); chances by logistic regression on TF-IDF weights of the "
            f"texts in {self.folds}-fold cross-validation; suspected labels are not learnt from",
            "off": "not run",
        }[self.cleaning]


@dataclass(frozen=True)
class StudyRunFlags:
    """How the study goes."""

    max_failed: float = 0.01
    """Stop labelling when more than this share of the rows failed (one row may always fail)."""
    address: str | None = None
    """Ray cluster to label on; the trainings use RAY_ADDRESS, else a private Ray on this machine."""
    fresh: bool = False
    """Begin again in a new folder beside --out."""
    plan: bool = False
    """Time a sample of the labelling, print steps, rows and trainings, and stop."""
    json: bool = False
    """With --plan: print JSON."""


def folder_name(name: str) -> str:
    """The name of files about an annotator: its name, the folder or hub part left out of NAME=FOLDER."""
    return re.sub(r"[^\w.-]+", "-", name.partition("=")[0]).strip("-.") or "annotator"


def _number(text: str) -> Any:
    """The value that YAML reads, with 3e-4 as a number too."""
    try:
        return float(text) if re.fullmatch(r"[\d.]+e-?\d+", text) else yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"--training holds {text!r}, which is no value: {error}") from None
