"""`annotate`: a language model labels a data set zero-shot (paper A)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from actors.labels.annotator import LabelAnnotator
from actors.labels.answered_filter import AnsweredFilter
from actors.labels.asking import LIKELIHOOD, YES_NO
from actors.models.catalog.annotator_table import AnnotatorModel
from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.engines import engine_name
from actors.models.catalog.families import FAMILIES
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams
from actors.pictures.image_reader import ImageReader
from actors.prompts.task import Task, load_task
from pipelines.command_line.paths import absolute_paths
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import RunOptions, run_pipeline
from pipelines.manifest import Manifest
from pipelines.model_sets import ModelSet, load_model_set
from pipelines.recipes.determinism import determinism
from pipelines.recipes.flags import Flat, PoolFlags, RunFlags
from pipelines.recipes.summary import run_or_plan
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source

Switch = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class ModeFlags:
    """How models are prompted and run."""

    models: str = "pocket"
    """Model set: paper, pocket, or a YAML file."""
    mode: Literal["regex", "rank", "constrain"] | None = None
    """Free text read by patterns, log-likelihood ranking, or decoding held to the labels; the last two give
    every label a confidence."""
    engine: Literal["auto", "transformers", "openai", "vllm"] = "auto"
    """What runs the model."""
    set_ranking: Literal["auto", "yes_no", "likelihood"] = "auto"
    """Ranking several labels per row: a yes or no each, or those that the document makes likelier."""
    images: Switch = "auto"
    """Show the pictures; auto: when both the task and the annotator can use them."""


@dataclass(frozen=True)
class AskFlags(ModeFlags):
    """Annotator and prompting."""

    annotator: str | None = None
    """A name from `list`, a hub id, a model folder, or NAME=FOLDER; by default the model set's."""
    conversation: Literal["auto", "raw", "chat", "vicuna_v1.1"] = "auto"
    """Template around the prompt; auto: the annotator's own, or the model set's for rank and constrain."""
    examples: int = 0
    """How many of the task's examples to show first."""
    calibrate: Switch = "auto"
    """Ranking: take off each label's score after a document that says nothing."""
    baseline: Path | None = None
    """Predictions (id, label) of a supervised model over the same rows, for relative figures."""


@absolute_paths
def annotate(
    task: str,
    *,
    out: Path,
    ask: Annotated[AskFlags, Flat] = AskFlags(),
    source: SourceChoice = SourceChoice(),
    params: Annotated[GenerationParams, Flat] = GenerationParams(),
    engine_options: Annotated[EngineOptions, Flat] = EngineOptions(),
    pool: Annotated[PoolFlags, Flat] = PoolFlags(),
    run: Annotated[RunFlags, Flat] = RunFlags(),
) -> Manifest | None:
    """Labels a data set with a language model and writes shards and a manifest.

    The same command again goes on where a stopped run was; a finished one says so. The settings of
    free text are the paper's: 1024 new tokens, sampling, temperature 0.8, top-p 0.9, no beams.

    Args:
        task: A shipped task (`list` shows them) or the path of your own task file.
        out: Folder for the result.
    """
    definition = load_task(task)
    labelling = Labelling(definition, source.documents(definition), ask, params, engine_options, pool)
    return run_or_plan(labelling.pipeline(out), run)


@dataclass(frozen=True)
class Labelling:
    """One annotation run: a task, the rows and the flags, resolved into a pipeline."""

    task: Task
    source: Source
    ask: AskFlags = field(default_factory=AskFlags)
    params: GenerationParams = field(default_factory=GenerationParams)
    engine_options: EngineOptions = field(default_factory=EngineOptions)
    pool: PoolFlags = field(default_factory=PoolFlags)

    def run(self, out: Path, options: RunOptions = RunOptions()) -> Manifest:
        """The manifest of the finished run."""
        return run_pipeline(self.pipeline(out), options)

    def pipeline(self, out: Path) -> Pipeline:
        """Source, picture reader where pictures are shown, annotator, and the filter of non-answers.

        Raises:
            ValueError: an unknown name or settings that do not go together.
        """
        check_baseline(self.ask.baseline, self.task)
        annotator = self.annotator()
        stages: list[Stage | AnsweredFilter] = []
        if annotator.use_images:
            stages.append(Stage(image_reader(self.source, annotator.model), batch_size=64))
        stage = self.pool.stage(annotator, local_model=annotator.engine != "openai")
        stages += [stage, AnsweredFilter(self.task.multi_label)]
        repeatable = determinism(annotator.engine, self.engine_options.dtype, stage.gpus)
        return Pipeline("annotate", self.source, stages, out, self._config(annotator), repeatable)

    def annotator(self) -> LabelAnnotator:
        """The actor, with the model set's defaults filled in."""
        models = load_model_set(self.ask.models)
        mode = self.ask.mode or models.mode
        name = self.ask.annotator or models.annotator
        model = find_annotator(name, endpoint=self.ask.engine == "openai")
        model = self._with_conversation(model, mode, models)
        engine = engine_name(model, self.ask.engine)
        shows = _decide(self.ask.images, self.task.uses_image and model.uses_image)
        if shows and not (model.uses_image or engine == "openai"):
            advice = "choose an instructblip annotator or drop --images on"
            raise ValueError(f"{model.name} takes no pictures; {advice}")
        set_ranking = self._set_ranking(mode, models)
        standard = models.calibrate or set_ranking == LIKELIHOOD
        return LabelAnnotator(
            task=self.task,
            model=model,
            mode=mode,
            engine=engine,
            params=self.params,
            options=self.engine_options,
            examples=self.ask.examples,
            calibrate=mode == "rank" and _decide(self.ask.calibrate, standard),
            use_images=shows,
            set_ranking=set_ranking,
        )

    def _set_ranking(self, mode: str, models: ModelSet) -> str:
        """How `rank` decides about several labels; the actor's default where it decides nothing."""
        ranking = self.ask.set_ranking
        if self.task.multi_label and mode == "rank":
            return models.set_ranking if ranking == "auto" else ranking
        if ranking != "auto":
            raise ValueError(
                f"--set-ranking {ranking} is for --mode rank in tasks of several labels per row; this is "
                f"--mode {mode} in task {self.task.name!r}, with "
                f"{'several' if self.task.multi_label else 'one'}; leave it out"
            )
        return YES_NO

    def _with_conversation(self, model: AnnotatorModel, mode: str, models: ModelSet) -> AnnotatorModel:
        """The annotator with the conversation of the flag, or the model set's for rank and constrain."""
        if self.ask.conversation != "auto":
            return replace(model, conversation=self.ask.conversation)
        if mode != "regex" and models.closed_conversation and model.name == models.annotator:
            return replace(model, conversation=models.closed_conversation)
        return model

    def _config(self, annotator: LabelAnnotator) -> Mapping[str, Any]:
        return {
            "task": asdict(self.task),
            "annotator": asdict(annotator.model),
            "mode": annotator.mode,
            "engine": annotator.engine,
            "use_images": annotator.use_images,
            "examples": annotator.examples,
            "calibrate": annotator.calibrate,
            "set_ranking": annotator.set_ranking if annotator.ranks_sets else None,
            "params": asdict(self.params),
            "engine_options": asdict(self.engine_options),
            "seed": self.params.seed,
            "source": {"name": type(self.source).__name__},
            "baseline": str(self.ask.baseline.resolve()) if self.ask.baseline else None,
        }


def _decide(switch: Switch, standard: bool) -> bool:
    return standard if switch == "auto" else switch == "on"


def image_reader(source: Source, model: AnnotatorModel) -> ImageReader:
    """The stage that reads a source's pictures, at the size the model wants.

    Raises:
        ValueError: the source has no pictures.
    """
    root = source.image_root()
    if root is None:
        raise ValueError(f"{type(source).__name__} has no pictures; add --images off")
    return ImageReader(str(root), size=FAMILIES[model.family].picture_size)


def check_baseline(baseline: Path | None, task: Task) -> None:
    """Raises ValueError unless the predictions file is there, for a task of one label per row."""
    if baseline is not None and task.multi_label:
        raise ValueError(
            f"--baseline gives one label per row, and rows of task {task.name!r} have several; leave it out"
        )
    if baseline is not None and not baseline.is_file():
        raise ValueError(
            f"--baseline {str(baseline)!r} does not exist; `baseline` on the same task makes one"
        )
