"""One page on filtered runs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from pipelines.exports.card import model_names
from pipelines.lineage import runs_behind
from pipelines.reports.filter_cases import cases_section
from pipelines.reports.filter_rewards import rewards_section
from pipelines.reports.filter_rows import rows_section
from pipelines.reports.filter_run import FilterRun
from pipelines.reports.filter_scores import scores_section
from pipelines.reports.filter_truth import truth_section
from pipelines.reports.filter_words import MODEL_WORDS
from pipelines.reports.markup import Markup, join, tag
from pipelines.reports.page import Section, page
from pipelines.reports.tables import definitions, paragraph, table
from pipelines.reports.wording import count

logger = logging.getLogger(__name__)

TITLE = "What the filters kept"
PARTS = (
    ("rows", "What was refused, and why", rows_section),
    ("truth", "Do the filters find what is wrong?", truth_section),
    ("scores", "Scores and thresholds", scores_section),
    ("rewards", "Raw against rewritten: rewards", rewards_section),
    ("cases", "Good and bad cases", cases_section),
)


def write_report(run_dirs: Sequence[Path], out: Path) -> Path:
    """The HTML file, one self-contained page on the filtered runs in `run_dirs`.

    Raises:
        ValueError: no folders, or a folder that holds no filtered run.
    """
    if not run_dirs:
        raise ValueError("a report needs at least one run; give the output folder of a filter run")
    runs = [FilterRun.read(Path(folder)) for folder in run_dirs]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(render(runs), encoding="utf-8")
    logger.info("report on %d filtered runs: %s (%.1f MB)", len(runs), out, out.stat().st_size / 1e6)
    return out


def render(runs: Sequence[FilterRun]) -> Markup:
    """The page as text."""
    sections = []
    for number, run in enumerate(runs):
        suffix = "" if len(runs) == 1 else f" ({run.manifest.path.resolve().name})"
        sections += [
            Section(f"{anchor}-{number}", title + suffix, make(run)) for anchor, title, make in PARTS
        ]
        sections.append(Section(f"method-{number}", "How this was made" + suffix, _method(run)))
    finished = max(str(run.manifest.timings.get("finished", "")) for run in runs)
    closing = f"Made from {count(len(runs), 'run manifest')}; the last run finished {finished}."
    return page(TITLE, _lead(runs), sections, closing)


def _lead(runs: Sequence[FilterRun]) -> Markup:
    pocket = any("/pocket/" in str(run.manifest.config["filtering"]["scoring"].values()) for run in runs)
    notice = (
        "Pocket models scored these rows: tiny ones that a laptop trains on drawn scenes. Their figures say "
        "nothing about the models of the paper."
    )
    return join(
        [
            paragraph(
                "A model rewrote terse annotations into polite responses. Rules and scoring models then "
                "looked for what went wrong (paper B, §4.2 and appendix D): such a row is dropped with its "
                "reason, or repaired where one paragraph alone is wrong."
            ),
            tag("div", paragraph(notice), class_="notice") if pocket else None,
        ]
    )


def _method(run: FilterRun) -> Markup:
    config = run.manifest.config
    limits = [(name.replace("_", " "), str(value)) for name, value in run.limits.items()]
    models = [(MODEL_WORDS.get(role, role), name) for role, name in model_names(config).items()]
    steps = [
        [step.name, step.path.name, step.created, f"{step.rows['in']:,}", f"{step.rows['kept']:,}"]
        for step in (*reversed(runs_behind(run.manifest)), run.manifest)
    ]
    return join(
        [
            table(
                ["Step", "folder", "finished", "rows in", "kept"], steps, caption="Where the rows came from"
            ),
            definitions(models),
            tag("h3", "Limits"),
            definitions(limits),
        ]
    )
