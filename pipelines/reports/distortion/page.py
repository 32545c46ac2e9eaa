"""One page on distortion runs: what was made of which rows, Figure 4's examples, and the realism check."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.markup import Content, Markup, join, tag
from pipelines.reports.distortion.figures import effect_section, mix_section
from pipelines.reports.distortion.realism import realism_section
from pipelines.reports.distortion.run import NAMES, DistortionRun
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.run_page import (
    closing_words,
    code_version,
    folder_and_command,
    run_folders,
    save_page,
)  # fmt: skip
from pipelines.reports.page.skeleton import Section, page
from pipelines.reports.page.tables import definitions, fold, paragraph, text_block
from pipelines.reports.page.wording import count

MOST = 4  # examples per strategy
PICTURES = 2
TITLE = "What the distortion did to polite responses"


def write_report(run_dirs: Sequence[Path], out: Path) -> Path:
    """The HTML file, one self-contained page on the distortion runs in `run_dirs`.

    Raises:
        ValueError: no folders, one twice, or one that holds no finished distortion run.
    """
    runs = [DistortionRun.read(folder) for folder in run_folders(run_dirs, "distort")]
    return save_page(render(runs), out, count(len(runs), "distortion run"))


def render(runs: Sequence[DistortionRun]) -> Markup:
    """The page as text."""
    several = len(runs) > 1
    sections = [
        section
        for number, run in enumerate(runs)
        for section in _sections(run, f"-{number}", f"{run.name}: " if several else "")
    ]
    lead = paragraph(
        "A rewriter learns to turn terse answers into polite ones from pairs. The polite side exists: "
        "answers that large language models wrote. The terse side is made here, by distorting them. The "
        "closer it comes to what raw annotations look like, the better the rewriter does on those."
    )
    return page(TITLE, lead, sections, closing_words([run.manifest for run in runs]))


def _sections(run: DistortionRun, suffix: str, prefix: str) -> list[Section]:
    return [
        Section(f"mix{suffix}", f"{prefix}What was distorted how", mix_section(run)),
        Section(f"examples{suffix}", f"{prefix}Examples", _examples(run)),
        Section(f"realism{suffix}", f"{prefix}Does it look like raw annotations?", realism_section(run)),
        Section(f"effect{suffix}", f"{prefix}What it does to a text", effect_section(run)),
        Section(f"method{suffix}", f"{prefix}How this was made", _method(run)),
    ]


def _method(run: DistortionRun) -> Markup:
    config = run.manifest.config
    model = config.get("distorter") or {}
    pairs: list[tuple[str, Content]] = [
        *folder_and_command(run.manifest),
        ("Language model", tag("code", str(model.get("checkpoint", "none: no row was for it")))),
        ("Prompt, engine, seed", f"{config.get('prompt')}, {config.get('engine')}, {config.get('seed')}"),
        ("Decoding", tag("code", ", ".join(f"{k}={v}" for k, v in (config.get("params") or {}).items()))),
        ("Random augmentation", "as in the authors' code" if config.get("faithful") else "as in the paper"),
        ("Repeatable", str(run.manifest.determinism.get("note", "not recorded"))),
        code_version(run.manifest),
    ]
    return join([fold("Settings", definitions(pairs))])


def _examples(run: DistortionRun) -> Markup:
    """Up to four rows per strategy, spread evenly over the ids, as in paper B's Figure 4."""
    parts = []
    for strategy in run.strategies:
        rows = run.live(strategy)
        cards = [_card(rows[place], run.manifest.image_root) for place in _spread(len(rows))]
        body = tag("div", cards, class_="cases") if cards else paragraph("No row came through.", note=True)
        parts.append(join([tag("h3", NAMES[strategy]), body]))
    return join(parts)


def _spread(rows: int) -> list[int]:
    shown = min(MOST, rows)
    return [int((number + 0.5) * rows / shown) for number in range(shown)]


def _card(row: dict[str, Any], image_root: str | None) -> Markup:
    return tag(
        "article",
        pictures(row["images"], image_root, most=PICTURES),
        text_block("Instruction", row["instruction"], 600),
        text_block("Original", row["response_original"], 900),
        text_block("Distorted", row["response"], 900),
        tag("p", f"{row['distortion_detail']} · ", tag("code", row["id"]), class_="note"),
        class_="card case",
    )
