"""The end of a verb that runs a pipeline: the closing table, or the table of a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

from pipelines.engine.ingest import unused_words
from pipelines.engine.pipeline import Pipeline
from pipelines.engine.plan import Plan, plan_pipeline
from pipelines.engine.run import run_pipeline
from pipelines.manifest import Manifest
from pipelines.recipes.flags import RunFlags
from pipelines.terminal import duration, print_table


def print_summary(manifest: Manifest) -> None:
    """Prints rows by outcome and reason, the time taken and where everything lies."""
    rows = manifest.rows
    lines: list[tuple[object, ...]] = [("rows in", rows["in"], "")]
    for status in ("kept", "dropped", "failed"):
        lines.append((status, rows[status], f"{rows[status] / rows['in']:.1%}" if rows["in"] else ""))
        lines += [(f"  {reason}", number, "") for reason, number in manifest.reasons.get(status, {}).items()]
    print_table(f"{manifest.name}: {manifest.path}", ("outcome", "rows", "share"), lines)
    if manifest.config.get("unused"):
        print(f"present and not used: {unused_words(manifest.config['unused'])}")
    repeats = manifest.determinism
    if repeats.get("rows_repeated"):
        changed = f"{repeats['rows_changed']} of {repeats['rows_repeated']} rows changed when repeated"
        print(f"{repeats['dtype']}: {changed}")
    print(f"{duration(manifest.timings['wall_s'])} in the last of {manifest.timings['runs']} starts")
    print(f"manifest: {manifest.path / 'manifest.json'}")


def run_or_plan(
    pipeline: Pipeline, flags: RunFlags, show: Callable[[Manifest], None] = print_summary
) -> Manifest | None:
    """Runs the pipeline and shows its manifest; with `--plan` it prints the forecast and returns None."""
    if not flags.plan:
        manifest = run_pipeline(pipeline, flags)
        show(manifest)
        return manifest
    plan = plan_pipeline(pipeline, flags)
    print(json.dumps(asdict(plan), indent=1)) if flags.json else print_plan(plan)
    return None


def print_plan(plan: Plan) -> None:
    """Prints the pools and the forecast."""
    lines = []
    for stage in plan.stages:
        pool = f"{stage.workers} x ({stage.cpus:g} CPU, {stage.gpus:g} GPU)"
        lines.append((stage.name, pool, f"{stage.seconds_per_row[1]:.4f}", _range(stage.hours)))
    title = f"plan: {plan.rows} rows ({plan.broken_rows} arrive broken), {plan.sampled} timed"
    print_table(title, ("stage", "pool", "s/row of one worker", "time (95 % interval)"), lines)
    low, middle, high = plan.gpu_hours
    gpu_hours = f"{middle:.2f} ({low:.2f} to {high:.2f})"
    print(f"whole run: {_range(plan.hours)} and {gpu_hours} GPU-hours, start-up not counted")


def _range(hours: tuple[float, float, float]) -> str:
    low, middle, high = (duration(value * 3600) for value in hours)
    return f"{middle} ({low} to {high})"
