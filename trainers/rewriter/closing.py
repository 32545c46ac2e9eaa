"""The printed plan of a run, its closing table, and its model card."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.engine.run_folder import TRAINING
from pipelines.terminal import print_table
from trainers.loop.examples import Examples
from trainers.loop.step_plans import step_totals
from trainers.loop.trainee import Job
from trainers.rewriter.prepared import Counts


def print_plan(job: Job, workers: int, counts: Counts) -> None:
    """Prints rows, steps, tokens and padding of the run, none of which needs a model."""
    totals = step_totals(Examples(job.prepared), job.settings, workers)
    print_table("plan", ["", "value"], [*_row_lines(asdict(counts)), *totals.items()])


def print_closing(out: Path) -> None:
    """Prints the finished run's counts, figures and paths as a table."""
    training = json.loads((out / TRAINING).read_text())
    figure = training["figures"]
    lines = [
        *_row_lines(training["rows"]),
        ("steps", f"{figure['steps']:,}"),
        ("loss, first and last tenth", f"{figure['first_loss']:.3f} → {figure['last_loss']:.3f}"),
        ("useful tokens/s", f"{figure['tokens_per_s']:,.0f}"),
        ("padding share", f"{100 * figure['padding_share']:.1f} %"),
        ("time in steps", f"{figure['seconds']:,.0f} s"),
        ("numbers trained", f"{training['numbers']['trained']:,} of {training['numbers']['all']:,}"),
    ]
    print_table(f"rewriter in {out}", ["", "value"], lines)
    print(
        f"model: {out}/model   adapter: {out}/adapter   plot: {out}/loss.svg   TensorBoard: {out}/tensorboard"
    )


def _row_lines(rows: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        ("rows read", f"{rows['read']:,}"),
        ("rows trained on", f"{rows['used']:,}"),
        ("dropped before, not chosen", f"{rows['not_live']:,}, {rows['not_chosen']:,}"),
        ("refused", _refusals(rows)),
        ("earlier turns left out in", f"{rows['shortened']:,} rows"),
    ]


def _refusals(rows: Mapping[str, Any]) -> str:
    return ", ".join(f"{reason} {count:,}" for reason, count in sorted(rows["refused"].items())) or "none"


def model_card(training: Mapping[str, Any], *, kind: str) -> str:
    """Markdown from what `training.json` says; `kind` is `adapter` or `model`."""
    settings, rows, figures = training["settings"], training["rows"], training["figures"]
    what = {
        "adapter": "LoRA weights in peft's layout; `media_rows.safetensors` holds the input embeddings of "
        "`<image>` and `<|endofchunk|>`, which moved too. Both belong to the base model below.",
        "model": "The whole model with the adapters merged in, as `load_flamingo` reads it.",
    }[kind]
    used, named = training["versions"], ("torch", "transformers", "peft", "deepspeed", "ray")
    versions = ", ".join(f"{name} {used[name]}" for name in named if name in used)
    lines = [
        "# Polite rewriter",
        "",
        "Rewrites a terse or clumsy response to an instruction with pictures into a polite one.",
        what,
        "",
        "## Training data",
        "",
        *[f"- `{path}` ({one['name']}, {one['created']})" for path, one in training["manifests"].items()],
        "",
        f"{rows['used']:,} rows trained on of {rows['read']:,} read; {rows['not_live']:,} were dropped "
        f"before, {rows['not_chosen']:,} not chosen, refused: {_refusals(rows)}; earlier turns left out in "
        f"{rows['shortened']:,}. {rows['tokens']:,} tokens, {rows['target_tokens']:,} of them to predict.",
        "",
        "## Training",
        "",
        f"- base: `{training['base']['name']}`",
        f"- {training['numbers']['trained']:,} numbers in the optimizer, of {training['numbers']['all']:,}",
        f"- {settings['epochs']} epochs, {figures['steps']:,} steps of {settings['batch_size']} rows, "
        f"learning rate {settings['learning_rate']:g} ({settings['schedule']}, warm-up "
        f"{settings['warmup_steps']}), "
        f"{settings['precision']}, context {settings['context']}, seed {settings['seed']}",
        f"- loss {figures['first_loss']:.3f} at first, {figures['last_loss']:.3f} at last (means over a "
        "tenth of the steps)",
        f"- {figures['tokens_per_s']:,.0f} tokens/s without padding, padding share "
        f"{100 * figures['padding_share']:.1f} %, {figures['seconds']:,.0f} s on "
        f"{training['workers']} workers",
        f"- code {training['git_commit']}, {versions}",
        "",
        "The loss says how well the training text is predicted, not how good the rewriting is: measure "
        "that on held-out rows with `python -m pipelines rewrite` and its filters.",
        "",
    ]
    return "\n".join(lines)
