"""`filter`: rewritten responses are scored, and what went wrong is repaired or dropped (paper B §4.2)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import tyro

from pipelines.command_line.paths import absolute_paths
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.run import RunOptions, run_pipeline
from pipelines.manifest import MANIFEST, Manifest
from pipelines.recipes.determinism import determinism
from pipelines.recipes.filter.again import filter_again
from pipelines.recipes.filter.settings import Limits, ScoreFlags, limit_flags, resolve_scoring
from pipelines.recipes.filter.stages import Filtering, filter_stages
from pipelines.recipes.flags import Flat, PoolFlags, RunFlags
from pipelines.recipes.summary import print_summary, run_or_plan
from pipelines.sources.choice import SourceChoice
from pipelines.sources.source import Source


@absolute_paths
def filter_responses(
    source: Annotated[SourceChoice, tyro.conf.Positional],
    /,
    *,
    out: Path,
    from_scores: bool = False,
    limits: Annotated[Limits, limit_flags("")] = Limits(),
    scores: Annotated[ScoreFlags, Flat] = ScoreFlags(),
    pool: Annotated[PoolFlags, Flat] = PoolFlags(),
    run: Annotated[RunFlags, Flat] = RunFlags(),
) -> Manifest | None:
    """Scores rewritten responses, takes out what the pictures do not show, and drops what went wrong.

    Args:
        source: The folder of a rewriting run, or a source with `response_original`.
        out: Folder for the result.
        from_scores: Decide again on a filtered run with other limits; no model runs.
    """
    if from_scores:
        if scores != ScoreFlags():
            raise ValueError("--from-scores runs no model, so a model flag means nothing; leave it out")
        again = filter_again(Path(source.name or ""), out, limits, fresh=run.fresh)
        print_summary(again)
        return again
    return run_or_plan(filtering_pipeline(source.rows(), out, limits=limits, scores=scores, pool=pool), run)


def filtering_pipeline(
    rows: Source,
    out: Path,
    *,
    limits: Limits | None = None,
    scores: ScoreFlags | None = None,
    pool: PoolFlags | None = None,
) -> Pipeline:
    """Pictures, scores and filters over the rows of a source.

    Raises:
        ValueError: rows without raw responses, filtered rows, or a model that is not there.
    """
    check_columns(rows)
    scores, root = scores or ScoreFlags(), rows.image_root()
    scoring, standard = resolve_scoring(scores, pictures=root is not None)
    chosen = standard.changed(limits or Limits())
    filtering = Filtering(scoring, chosen, knows_finish="finish_reason" in rows.columns)
    stages = filter_stages(filtering, pool or PoolFlags(), image_root=root)
    run = getattr(rows, "run", None)
    folder = {} if run is None else {"run": str(Path(run).resolve()), "manifest": MANIFEST}
    described = {"name": type(rows).__name__, **folder}
    config = {"filtering": filtering.as_json(), "models": asdict(scores), "source": described}
    return Pipeline("filter", rows, stages, out, config, determinism("scores", "float32"))


def filtered(
    rows: Source, out: Path, *, options: RunOptions = RunOptions(), scores: ScoreFlags | None = None
) -> Manifest:
    """The manifest of the finished run, for recipes of several steps."""
    return run_pipeline(filtering_pipeline(rows, out, scores=scores), options)


def check_columns(rows: Source) -> None:
    """Raises ValueError unless the rows hold raw and rewritten responses that were not scored yet."""
    rows.check()
    if "response_original" not in rows.columns:
        raise ValueError(
            f"{rows} has no column response_original, so nothing was rewritten; give the output of `rewrite`"
        )
    if "rouge_score" in rows.columns:
        raise ValueError(f"{rows} is scored already; add --from-scores to decide again with other limits")
