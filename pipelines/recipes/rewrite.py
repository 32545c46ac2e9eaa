"""`rewrite`: terse annotations become polite responses (paper B §3.2, §4.1)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from actors.base import Filter
from actors.models.catalog.engines import engine_name
from actors.models.catalog.family import EngineOptions
from actors.models.catalog.rewriters import RewriterModel, find_rewriter
from actors.models.text_generator import GenerationParams
from actors.pictures.cropper import PictureCropper
from actors.rewriter import PARAMS, REPEATS, ResponseRewriter, for_engine
from pipelines.command_line.paths import absolute_paths
from pipelines.engine.pipeline import Pipeline, Stage
from pipelines.engine.run import RunOptions, run_pipeline
from pipelines.manifest import Manifest
from pipelines.model_sets import load_model_set, resolve_model
from pipelines.recipes.determinism import determinism
from pipelines.recipes.filter.settings import Limits, ScoreFlags, limit_flags, resolve_scoring
from pipelines.recipes.filter.stages import Filtering, filter_stages
from pipelines.recipes.flags import Flat, PoolFlags, RunFlags
from pipelines.recipes.summary import run_or_plan
from pipelines.sources.choice import SourceChoice
from pipelines.sources.manifest_rows import ManifestRows
from pipelines.sources.source import Source

logger = logging.getLogger(__name__)
ORIGINAL = "response_original"
READER_BATCH = 64


@dataclass(frozen=True)
class RewriteFlags:
    """Rewriter."""

    models: str = "pocket"
    """Model set: paper, pocket, or a YAML file."""
    rewriter: str | None = None
    """A folder with flamingo.json, a published Flamingo, or a language model's name or folder."""
    mode: Literal["auto", "flamingo", "text"] = "auto"
    """With the pictures, or a language model that reads the text alone; auto: what the rewriter is."""
    engine: Literal["auto", "transformers", "openai", "vllm"] = "auto"
    """What runs a text-only rewriter; a Flamingo has an engine of its own."""
    filter: bool = False
    """Score and filter the responses behind the rewriter, in the same run."""


@absolute_paths
def rewrite(
    source: Annotated[SourceChoice, tyro.conf.Positional],
    /,
    *,
    out: Path,
    how: Annotated[RewriteFlags, Flat] = RewriteFlags(),
    params: Annotated[GenerationParams, Flat] = PARAMS,
    engine_options: Annotated[EngineOptions, Flat] = EngineOptions(),
    pool: Annotated[PoolFlags, Flat] = PoolFlags(),
    scores: ScoreFlags = ScoreFlags(),
    limits: Annotated[Limits, limit_flags()] = Limits(),
    run: Annotated[RunFlags, Flat] = RunFlags(),
) -> Manifest | None:
    """Rewrites terse responses into polite ones and writes shards and a manifest.

    The same command again goes on where a stopped run was. The generation settings are the released
    wrapper's: sampling from the 20 likeliest tokens, no run of three tokens twice, seed 42.

    Args:
        source: A name from `list`, the folder of a finished run, or a file with instructions and responses.
            `--help` behind a name shows the flags of that source.
        out: Folder for the result.
    """
    rewriting = Rewriting(source.rows(), how, params, engine_options, pool, scores, limits)
    return run_or_plan(rewriting.pipeline(out), run)


@dataclass(frozen=True)
class Rewriting:
    """One run: the rows and the flags, resolved into a pipeline."""

    source: Source
    how: RewriteFlags = field(default_factory=RewriteFlags)
    params: GenerationParams = PARAMS
    engine_options: EngineOptions = field(default_factory=EngineOptions)
    pool: PoolFlags = field(default_factory=PoolFlags)
    scores: ScoreFlags = field(default_factory=ScoreFlags)
    limits: Limits = field(default_factory=Limits)

    def run(self, out: Path, options: RunOptions = RunOptions()) -> Manifest:
        """The manifest of the finished run."""
        return run_pipeline(self.pipeline(out), options)

    def pipeline(self, out: Path) -> Pipeline:
        """Rows, pictures where the rewriter looks at them, rewriter, and with `filter` scorers and filters.

        Raises:
            ValueError: an unknown rewriter, flags that do not go together, or rows rewritten already.
        """
        rows, model = raw_rows(self.source), self.model()
        engine = engine_name(model.text, self.how.engine) if model.text else "flamingo"
        root = rows.image_root() if model.flamingo else None
        params = for_engine(self.params, engine, text_only=model.text is not None)
        actor = ResponseRewriter(model, engine, params, self.engine_options, with_pictures=root is not None)
        stage = self.pool.stage(actor, local_model=engine != "openai")
        repeatable = determinism(engine, self.engine_options.dtype, stage.gpus)
        if repeatable["dtype"] and not repeatable["batch_invariant"]:
            stage = replace(stage, actor=replace(actor, repeats=REPEATS))
        stages: list[Stage | Filter] = []
        if root is not None:
            stages.append(Stage(PictureCropper(str(root), model.picture_size), batch_size=READER_BATCH))
        stages.append(stage)
        filtering = self._filtering(rows)
        if filtering is not None:
            stages += filter_stages(filtering, self.pool, image_root=rows.image_root())
        config = self._config(actor, filtering)
        return Pipeline("rewrite", rows, stages, out, config, repeatable)

    def model(self) -> RewriterModel:
        """The rewriter of the flag, or the model set's."""
        name = self.how.rewriter or load_model_set(self.how.models).rewriter
        endpoint = self.how.engine == "openai"
        return find_rewriter(resolve_model("rewriter", name), self.how.mode, endpoint=endpoint)

    def _filtering(self, rows: Source) -> Filtering | None:
        if not self.how.filter:
            if self.scores != ScoreFlags() or self.limits:
                raise ValueError("--scores.* and --limits.* mean nothing without --filter; add it")
            return None
        of_set = replace(self.scores, models=self.how.models)
        scores = self.scores if self.scores.models != ScoreFlags().models else of_set
        scoring, standard = resolve_scoring(scores, pictures=rows.image_root() is not None)
        return Filtering(scoring, standard.changed(self.limits), knows_finish=True)

    def _config(self, actor: ResponseRewriter, filtering: Filtering | None) -> Mapping[str, Any]:
        return {
            "rewriter": asdict(actor.model),
            "mode": "flamingo" if actor.model.flamingo else "text",
            "engine": actor.engine,
            "pictures": actor.with_pictures,
            "params": asdict(actor.params),
            "engine_options": asdict(self.engine_options),
            "seed": actor.params.seed,
            "source": {"name": type(self.source).__name__},
            **({"filtering": filtering.as_json()} if filtering else {}),
        }


def raw_rows(source: Source) -> Source:
    """The rows to rewrite. Of a run that changed responses itself, such as `distort`, the responses as
    they are now count as raw, and its `response_original` is left out.

    Raises:
        ValueError: the rows come from a rewriting run.
    """
    if ORIGINAL not in source.columns:
        return source
    if not isinstance(source, ManifestRows) or source.manifest.name in ("rewrite", "filter"):
        raise ValueError(f"{source} has {ORIGINAL}, so it was rewritten already; give the rows before that")
    logger.info("%s of %s is left out: its responses as they are now are rewritten", ORIGINAL, source.run)
    return replace(source, without=(*source.without, ORIGINAL))
