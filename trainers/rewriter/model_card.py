"""The README.md beside an exported model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def model_card(training: Mapping[str, Any], *, kind: str) -> str:
    """Markdown from what `training.json` says; `kind` is `adapter` or `model`."""
    settings, rows, figures = training["settings"], training["rows"], training["figures"]
    what = {
        "adapter": "LoRA weights in peft's layout; `media_rows.safetensors` holds the input embeddings of "
        "`<image>` and `<|endofchunk|>`, which moved too. Both belong to the base model below.",
        "model": "The whole model with the adapters merged in, as `load_flamingo` reads it.",
    }[kind]
    refused = ", ".join(f"{reason} {count:,}" for reason, count in sorted(rows["refused"].items())) or "none"
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
        f"before, {rows['not_chosen']:,} not chosen, refused: {refused}; earlier turns left out in "
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
        f"- code {training['git_commit']}, {_versions(training['versions'])}",
        "",
        "The loss says how well the training text is predicted, not how good the rewriting is: measure "
        "that on held-out rows with `python -m pipelines rewrite` and its filters.",
        "",
    ]
    return "\n".join(lines)


def _versions(versions: Mapping[str, str]) -> str:
    shown = ("torch", "transformers", "peft", "deepspeed", "ray")
    return ", ".join(f"{name} {versions[name]}" for name in shown if name in versions)
