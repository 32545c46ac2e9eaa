"""Cost of the labels, definitions of the figures, and the exact settings of every run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow.compute as pc

from pipelines.markup import Content, Markup, join, tag
from pipelines.reports.annotation.labelled_run import LabelRun
from pipelines.reports.annotation.study import TaskStudy
from pipelines.reports.page.run_page import model_terms, params_words, run_terms
from pipelines.reports.page.tables import Cell, definitions, fold, paragraph, table
from pipelines.reports.page.wording import MODE_MEANING, MODES, duration

TERMS: dict[str, Content] = {
    "Answer rate": "rows with a label / rows a model was asked about. Rows that failed before an answer are "
    "outside it.",
    "Accuracy on answered": "right labels / answered rows with a human label; this is what the paper's "
    "Figure 2 shows.",
    "Accuracy on all": "right labels / all asked rows with a human label: no label counts as wrong.",
    "Macro F1, micro F1": "mean F1 over labels; F1 of all decisions together. No label counts as missed.",
    "AUROC": "the chance that a row of the label scores above another row, over answered rows. Where a run "
    "has no scores it follows from the labels alone and says no more than they do.",
    "Confidence": "ranking: the label's share among all labels. Constrained: the probability of the label's "
    "very words, which is small where the model would rather have said something else.",
    "95 % intervals": "Wilson for proportions, DeLong (logit) for AUROC, 2,000 bootstrap draws over rows "
    "(percentiles, fixed seed) for F1, κ, ratios and paired differences, Newcombe for independent "
    "differences.",
    **{MODES[mode].capitalize(): f"{meaning}." for mode, meaning in MODE_MEANING.items()},
}
INVARIANCE = {
    None: "batch invariance not recorded",
    True: "a row's answer does not depend on its batch",
    False: "a row's answer may depend on its batch",
}


def method_section(studies: Sequence[TaskStudy]) -> Markup:
    """Definitions, then one folded block per run."""
    runs = [
        fold(f"{study.task.name}: {entry.title}", _settings(entry.run))
        for study in studies
        for entry in study.entries
    ]
    return join(definitions(TERMS.items()), tag("h3", "Settings of every run"), runs)


def _settings(run: LabelRun) -> Markup:
    manifest, config = run.manifest, run.manifest.config
    determinism = manifest.determinism
    invariant = INVARIANCE[determinism.get("batch_invariant")]
    terms = run_terms(
        manifest,
        *model_terms(config),
        ("Decoding", tag("code", params_words(config.get("params") or {}))),
        ("Examples, calibration", f"{config.get('examples', 0)}, {config.get('calibrate', False)}"),
        ("Number format", f"{determinism.get('dtype', 'not recorded')}; {invariant}"),
        ("Finished", str(manifest.timings.get("finished", manifest.created))),
    )
    words = determinism.get("note")
    note = paragraph(str(words), note=True) if words else None
    return join(definitions([*terms, ("Prompt", tag("pre", run.task.prompt))]), note)


def cost_section(studies: Sequence[TaskStudy]) -> Markup:
    """A row per run. Rates are those of the busiest stage while it worked; time is that of the last start."""
    rates = ["Rows/s", "Tokens read/s", "Tokens written/s"]
    rows = [
        _row(f"{study.task.name}: {entry.title}", entry.run) for study in studies for entry in study.entries
    ]
    note = (
        "Time is the whole run with start-up, or its last start where it was resumed. Rates and the forecast "
        "for a million rows are those of the stage with most work, while it worked, with this run's number "
        "of workers."
    )
    costs = table(["Run", "Rows", "Time", *rates, "Time for a million rows"], rows)
    return join(costs, paragraph(note, note=True))


def slowest_stage(run: LabelRun) -> tuple[int, float, dict[str, Any]] | None:
    """Rows, seconds and the entry of the stage that kept its workers busy longest; None without timings."""
    stages = [
        (stage["rows"], stage["busy_s"] / max(1, stage["workers"]), stage)
        for stage in run.manifest.timings.get("stages", [])
        if stage["rows"] and stage["busy_s"] > 0
    ]
    return max(stages, key=lambda one: one[1], default=None)


def _row(title: str, run: LabelRun) -> list[Cell]:
    timings = run.manifest.timings
    starts = timings.get("runs", 1)
    resumed = f" (the last of {starts} starts)" if starts > 1 else ""
    cells: list[Cell] = [title, run.manifest.rows["in"], duration(timings.get("wall_s", 0.0)) + resumed]
    stage = slowest_stage(run)
    if stage is None:
        return [*cells, "—", "—", "—", "—"]
    rows, seconds, entry = stage
    read, written = _tokens(run, "prompt_tokens"), _tokens(run, "new_tokens")
    asked = max(1, len(run.table))
    gpus = entry.get("gpus", 0.0) * max(1, entry["workers"])
    hours = 1e6 * seconds / rows / 3600
    per_million = duration(hours * 3600) + (f", {hours * gpus:,.1f} GPU hours" if gpus else "")
    rates = [f"{tokens / asked * rows / seconds:,.0f}" for tokens in (read, written)]
    return [*cells, f"{rows / seconds:,.2f}", *rates, per_million]


def _tokens(run: LabelRun, column: str) -> int:
    return int(pc.sum(run.table[column]).as_py() or 0)
