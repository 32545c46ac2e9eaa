"""One page on distortion runs: what was made of which rows, Figure 4's examples, and the realism check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipelines.markup import Markup, join, tag
from pipelines.reports.distortion.figures import effect_section, mix_section, realism_section
from pipelines.reports.distortion.run import NAMES, DistortionRun
from pipelines.reports.page.pictures import pictures
from pipelines.reports.page.run_page import RunPage, params_words, run_terms, spread
from pipelines.reports.page.tables import definitions, fold, paragraph, text_block

MOST = 4  # examples per strategy
PICTURES = 2


def _head(runs: Sequence[DistortionRun]) -> tuple[str, Markup]:
    lead = paragraph(
        "A rewriter learns to turn terse answers into polite ones from pairs. The polite side exists: "
        "answers that large language models wrote. The terse side is made here, by distorting them. The "
        "closer it comes to what raw annotations look like, the better the rewriter does on those."
    )
    return "What the distortion did to polite responses", lead


def _method(run: DistortionRun) -> Markup:
    config = run.manifest.config
    model = config.get("distorter") or {}
    terms = run_terms(
        run.manifest,
        ("Language model", tag("code", str(model.get("checkpoint", "none: no row was for it")))),
        ("Prompt, engine, seed", f"{config.get('prompt')}, {config.get('engine')}, {config.get('seed')}"),
        ("Decoding", tag("code", params_words(config.get("params") or {}))),
        ("Random augmentation", "as in the authors' code" if config.get("faithful") else "as in the paper"),
        ("Repeatable", str(run.manifest.determinism.get("note", "not recorded"))),
    )
    return fold("Settings", definitions(terms))


def _examples(run: DistortionRun) -> Markup:
    """Up to four rows per strategy, spread evenly over the ids, as in paper B's Figure 4."""
    parts = []
    for strategy in run.strategies:
        rows = run.live(strategy)
        cards = [_card(rows[place], run.manifest.image_root) for place in spread(len(rows), MOST)]
        body = tag("div", cards, class_="cases") if cards else paragraph("No row came through.", note=True)
        parts.append([tag("h3", NAMES[strategy]), body])
    return join(parts)


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


PARTS = (
    ("mix", "What was distorted how", mix_section),
    ("examples", "Examples", _examples),
    ("realism", "Does it look like raw annotations?", realism_section),
    ("effect", "What it does to a text", effect_section),
    ("method", "How this was made", _method),
)
PAGE = RunPage("distort", "distortion run", DistortionRun.read, _head, PARTS, named="{run}: {title}")
write_report = PAGE.write
