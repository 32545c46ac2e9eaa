"""`distort`: polite responses made as bad as raw annotations, to learn the way back (paper B §3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from actors.base import LIVE, Filter
from actors.distortion.distorter import DistortedFilter, Distorter, OverlapFilter
from actors.distortion.llm_distorter import FEW_SHOT, PARAMS, LlmDistorter
from actors.distortion.strategies import LLM, STRATEGIES
from actors.models.catalog.annotators import find_annotator
from actors.models.catalog.engines import engine_name
from actors.models.catalog.family import EngineOptions
from actors.models.text_generator import GenerationParams
from pipelines.command_line.paths import absolute_paths
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.manifest import Manifest
from pipelines.metrics.realism_check import OVERALL, POLITE, RealismLine, Sample, compare, write_realism
from pipelines.model_sets import load_model_set
from pipelines.recipes.determinism import ROW_ALONE, determinism
from pipelines.recipes.flags import Flat, PoolFlags, RunFlags
from pipelines.recipes.summary import print_summary, run_or_plan
from pipelines.sources.choice import SourceChoice, open_source
from pipelines.sources.derived import JoinedRows
from pipelines.sources.mix import Mix, MixedRows
from pipelines.sources.source import Source
from pipelines.terminal import print_table

SMALL_MODEL_OVERLAP = 0.5  # SmolLM2-135M answers some questions by itself instead of shortening the answer
SMALL_POOL_CPUS = 0.25  # text work beside a model
MAX_READ = 50_000  # rows of the raw set that are looked at


@dataclass(frozen=True)
class DistortFlags:
    """Distorter and prompting."""

    models: str = "pocket"
    """Model set: paper, pocket, or a YAML file."""
    distorter: str | None = None
    """A name from `list`, a hub id, a model folder, or NAME=FOLDER; by default the model set's."""
    engine: Literal["auto", "transformers", "openai", "vllm"] = "auto"
    """What runs the language model."""
    prompt: Literal["auto", "table5", "few_shot"] = "auto"
    """The paper's prompt, or a pattern for models too small for it; auto: the model set's."""
    min_overlap: float | None = None
    """Drop texts of the language model of whose words fewer are the response's; 0 for table5, else 0.5."""
    faithful: bool = False
    """Random augmentation as in the authors' code, with its quirks, instead of as in the paper's text."""
    realism_against: str | None = None
    """Raw annotations (a run folder, a source's name or a file) to compare the distorted text with."""


@absolute_paths
def distort(
    sources: Annotated[tuple[SourceChoice, ...], tyro.conf.Positional],
    /,
    *,
    out: Path,
    how: Annotated[DistortFlags, Flat] = DistortFlags(),
    mix: Mix = Mix(),
    params: Annotated[GenerationParams, Flat] = PARAMS,
    engine_options: Annotated[EngineOptions, Flat] = EngineOptions(),
    pool: Annotated[PoolFlags, Flat] = PoolFlags(),
    run: Annotated[RunFlags, Flat] = RunFlags(),
) -> Manifest | None:
    """Distorts polite responses in three ways and writes pairs for the rewriter's training.

    Args:
        sources: Names from `list`, folders of finished runs, or files with instructions and responses.
            Flags of a source go with a single one; several are best ingested first.
        out: Folder for the result.
    """
    rows = open_polite(sources)
    pipeline = Distortion(rows, how, mix, params, engine_options, pool, limit=run.limit).pipeline(out)
    raw = open_source(how.realism_against) if how.realism_against else None

    def show(manifest: Manifest) -> None:
        print_summary(manifest)
        if raw is not None and how.realism_against:
            print_realism(measure_realism(manifest, raw, how.realism_against, seed=params.seed))

    return run_or_plan(pipeline, run, show)


def open_polite(sources: Sequence[SourceChoice]) -> Source:
    """The rows to distort, of one source or of several.

    Raises:
        ValueError: no source, or one that cannot be had.
    """
    if not sources:
        raise ValueError("nothing to distort; name a source, a run's folder or a file")
    opened = []
    for source in sources:
        unset = source.name == "scenes" and "responses" not in source.flags  # terse by default
        opened.append((source.changed(responses="polite") if unset else source).rows())
    return opened[0] if len(opened) == 1 else JoinedRows(tuple(opened))


def print_realism(lines: Sequence[RealismLine]) -> None:
    """Prints how well a classifier tells each kind of text from raw annotations."""
    cells = [(line.name, line.texts, str(line.everything), str(line.surface)) for line in lines]
    headings = ("texts", "of each kind", "AUROC (0.5 = alike)", "by length, case and punctuation alone")
    print_table("realism: told from raw annotations", headings, cells)


@dataclass(frozen=True)
class Distortion:
    """One run: the polite rows and the flags, resolved into a pipeline."""

    source: Source
    how: DistortFlags = field(default_factory=DistortFlags)
    mix: Mix = field(default_factory=Mix)
    params: GenerationParams = PARAMS
    engine_options: EngineOptions = field(default_factory=EngineOptions)
    pool: PoolFlags = field(default_factory=PoolFlags)
    limit: int | None = None

    def pipeline(self, out: Path) -> Pipeline:
        """The language model's pool where the rows need one, then everything else.

        Raises:
            ValueError: an unknown model, or a mix that cannot be.
        """
        rows = MixedRows(self.source, self.mix, self.params.seed, self.limit)
        rows.check()
        assigned = set(rows.assigned.values())
        strategies = tuple(strategy for strategy in self.mix.strategies() if strategy in assigned)
        distorter = self._llm() if LLM in strategies else None
        stages: list[Stage | Filter] = []
        repeatable: dict[str, Any] = {"note": ROW_ALONE}
        if distorter:
            stage = self.pool.stage(distorter, local_model=distorter.engine != "openai")
            repeatable = determinism(distorter.engine, self.engine_options.dtype, stage.gpus)
            stages.append(stage)
        texts = Distorter(strategies, self.how.faithful, self.params.seed)
        stages += [Stage(texts, cpus=SMALL_POOL_CPUS), DistortedFilter(with_llm=distorter is not None)]
        if distorter:
            stages.append(OverlapFilter(self._min_overlap(distorter)))
        return Pipeline("distort", rows, stages, out, self._config(distorter), repeatable)

    def _llm(self) -> LlmDistorter:
        models = load_model_set(self.how.models)
        name = self.how.distorter or models.distorter
        model = find_annotator(name, endpoint=self.how.engine == "openai")
        engine = engine_name(model, self.how.engine)
        prompt = models.distorter_prompt if self.how.prompt == "auto" else self.how.prompt
        return LlmDistorter(model, engine, prompt, self.params, self.engine_options)

    def _min_overlap(self, distorter: LlmDistorter) -> float:
        if self.how.min_overlap is not None:
            return self.how.min_overlap
        return SMALL_MODEL_OVERLAP if distorter.prompt == FEW_SHOT else 0.0

    def _config(self, distorter: LlmDistorter | None) -> Mapping[str, Any]:
        return {
            "distorter": asdict(distorter.model) if distorter else None,
            "engine": distorter.engine if distorter else None,
            "prompt": distorter.prompt if distorter else None,
            "mix": asdict(self.mix),
            "faithful": self.how.faithful,
            "params": asdict(self.params),
            "seed": self.params.seed,
            "source": {"name": type(self.source).__name__},
        }


def measure_realism(manifest: Manifest, raw: Source, name: str, *, seed: int = 0) -> list[RealismLine]:
    """A line for all distorted rows, one per strategy, and two to compare with: the polite responses, and
    one half of the raw annotations against the other. Also written beside the manifest.

    Raises:
        ValueError: the raw set has no responses.
    """
    columns = ["id", "task", "response", "response_original", "distortion", "status"]
    rows = [row for row in manifest.table(columns).to_pylist() if row["status"] == LIVE]
    distorted = [(row["distortion"], Sample(row["id"], row["task"], row["response"])) for row in rows]
    kinds = {OVERALL: [sample for _, sample in distorted]}
    for strategy in STRATEGIES:
        if samples := [sample for used, sample in distorted if used == strategy]:
            kinds[strategy] = samples
    kinds[POLITE] = [Sample(row["id"], row["task"], row["response_original"]) for row in rows]
    lines = compare(kinds, _raw_samples(raw), seed)
    write_realism(manifest.path, name, lines)
    return lines


def _raw_samples(raw: Source) -> list[Sample]:
    raw.check()
    samples = [
        Sample(row["id"], row["task"], row["response"])
        for row in islice(raw.rows(), MAX_READ)
        if row["status"] == LIVE and (row["response"] or "").strip()
    ]
    if not samples:
        raise ValueError(f"{raw} has no raw responses; give --realism-against a set with terse responses")
    return samples
